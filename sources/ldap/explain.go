package ldap

import (
	"errors"
	"fmt"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"
)

// explain puts what to check before an error of the LDAP library.
func explain(err error) error {
	code, fromServer := resultCode(err)
	if !fromServer {
		return fmt.Errorf("%s: %w", explainNetwork(err), err)
	}
	if code == goldap.LDAPResultInvalidCredentials {
		return fmt.Errorf("%s: %w", explainCredentials(err.Error()), err)
	}
	if advice := adviceByCode()[code]; advice != "" {
		return fmt.Errorf("%s: %w", advice, err)
	}
	return err
}

// resultCode gives the server's result code (RFC 4511, appendix A). The library numbers its own errors from 200, and gives
// a broken connection as a plain error.
func resultCode(err error) (code uint16, fromServer bool) {
	var result *goldap.Error
	if !errors.As(err, &result) || result.ResultCode >= goldap.ErrorNetwork {
		return 0, false
	}
	return result.ResultCode, true
}

func adviceByCode() map[uint16]string {
	return map[uint16]string{
		goldap.LDAPResultOperationsError: "the server refused (Active Directory says so to who has not bound: use bind_dn)",
		goldap.LDAPResultProtocolError:   "the server does not know this operation, or has no TLS set up for start_tls",
		goldap.LDAPResultTimeLimitExceeded: "the server's time limit was reached: raise it for the bind account, " +
			"or index the attributes of the filter",
		goldap.LDAPResultSizeLimitExceeded: "the server's size limit was reached: use a smaller page_size, or raise the limit " +
			"of the bind account (OpenLDAP: limits ... size=unlimited size.prtotal=unlimited; 389-ds: nsslapd-sizelimit)",
		goldap.LDAPResultStrongAuthRequired: "the server wants an encrypted connection: use ldaps:// or start_tls",
		goldap.LDAPResultReferral: "this server does not hold base_dn and refers to another, which is not followed: " +
			"name that server in urls (Active Directory: the global catalog, port 3269)",
		goldap.LDAPResultAdminLimitExceeded: "an administrative limit of the server was reached: raise it for the bind account " +
			"(389-ds: nsslapd-lookthroughlimit), or use a narrower filter",
		goldap.LDAPResultUnavailableCriticalExtension: "the server does not support what was asked for",
		goldap.LDAPResultConfidentialityRequired:      "the server wants an encrypted connection: use ldaps:// or start_tls",
		goldap.LDAPResultNoSuchObject: "base_dn is not found: check its spelling, and the bind account's right to see it " +
			"(an OpenLDAP that hides an entry says the same)",
		goldap.LDAPResultInvalidDNSyntax:             "the server cannot read base_dn or bind_dn",
		goldap.LDAPResultInappropriateAuthentication: "the server does not accept this kind of login for the account",
		goldap.LDAPResultInsufficientAccessRights:    "the bind account may not do this: give it the right to search and read base_dn",
		goldap.LDAPResultBusy:                        "the server is busy: it may work later",
		goldap.LDAPResultUnavailable:                 "the server is shutting down or starting: it may work later",
		goldap.LDAPResultUnwillingToPerform:          "the server is not willing: check the account, and whether it wants TLS",
	}
}

// explainCredentials reads the reason that Active Directory hides in the text: "... data 52e, v3839".
func explainCredentials(text string) string {
	reasons := map[string]string{
		"525": "there is no such account",
		"52e": "the password is wrong, or the account unknown",
		"530": "the account may not log in at this time",
		"531": "the account may not log in from this machine",
		"532": "the password has expired",
		"533": "the account is disabled",
		"701": "the account has expired",
		"773": "the password must be changed first",
		"775": "the account is locked",
	}
	if _, after, found := strings.Cut(text, ", data "); found {
		code, _, _ := strings.Cut(after, ",")
		if reason := reasons[strings.TrimSpace(code)]; reason != "" {
			return "login refused: " + reason + " (check bind_dn and bind_password)"
		}
	}
	return "login refused: check bind_dn and bind_password"
}

func explainNetwork(err error) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "timed out") || strings.Contains(text, "i/o timeout"):
		return "the server did not answer in time (connect_timeout, request_timeout)"
	case strings.Contains(text, "EOF"):
		return "the server closed the connection (is it the right port? ldaps:// is 636, ldap:// is 389)"
	case strings.Contains(text, "certificate signed by unknown authority"):
		return "the server's certificate is not trusted: give its authority as root_ca"
	case strings.Contains(text, "certificate is valid for") || strings.Contains(text, "doesn't contain any IP SANs"):
		return "the server's certificate has another name: use that in urls, or give it as server_name"
	case strings.Contains(text, "first record does not look like a TLS handshake"):
		return "the server does not speak TLS here (is it the right port? ldaps:// is 636, ldap:// is 389)"
	}
	return "the connection is not usable"
}
