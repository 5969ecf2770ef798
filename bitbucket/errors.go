package bitbucket

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// Error is an answer that says no, or the lack of an answer. It has the abilities that sync/apply asks for.
type Error struct {
	// Call is the method and the pattern of the path: it has no address and no secret in it.
	Call string
	// Status is the HTTP status; 0 when there was no answer.
	Status int
	// Message is what the server said, shortened, addresses struck out.
	Message string
	// Kind is what the answer means, where that is known.
	Kind Kind
	// Required and Granted are scopes, with ScopeMissing.
	Required, Granted []string

	call call
	sent bool
	err  error
}

// Error gives the call, the status, the server's words, and what to try.
func (e *Error) Error() string {
	text := e.Call + ": "
	if e.Status == 0 {
		text += "no answer"
	} else {
		text += fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	if hint := e.hint(); hint != "" {
		text += " (" + hint + ")"
	}
	return text
}

// Unwrap gives the error below, such as context.Canceled.
func (e *Error) Unwrap() error { return e.err }

// MaybeDone reports whether a write may have taken effect though it looks failed.
func (e *Error) MaybeDone() bool {
	done := e.Status >= 200 && e.Status < 300 // and then an answer that cannot be read
	return e.write() && (e.Status == 0 && e.sent || e.Status >= 500 || done)
}

// NotSent reports whether a write certainly had no effect and may be done later just so.
func (e *Error) NotSent() bool {
	return e.write() && (e.Status == 0 && !e.sent || e.Kind == RateLimited)
}

// Systemic reports whether the refusal is of the workspace or the credential, so that the next step would meet it, too.
func (e *Error) Systemic() bool {
	switch e.Kind {
	case NoSeat, Gone, Moved, UnknownWorkspace:
		return true
	case ScopeMissing:
		return e.call.workspaceWide || e.call.class() == writeGroups
	case CredentialRefused, NotAllowed:
		return e.call.workspaceWide
	}
	return false
}

// refusesCredential reports whether another credential may do better.
func (e *Error) refusesCredential() bool {
	return e.Kind == ScopeMissing || e.Kind == CredentialRefused || e.Kind == NotAllowed
}

func (e *Error) write() bool { return e.call.method != http.MethodGet }

func (e *Error) hint() string {
	if hint := e.Kind.hint(); hint != "" {
		return hint
	}
	switch {
	case e.Status >= 300 && e.Status < 400:
		return "redirects are not followed: check api_url"
	case e.Status == 0:
		return wireHint(e.err)
	}
	return ""
}

// wireHint says what to try where there was no answer.
func wireHint(err error) string {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
	)
	switch {
	case errors.As(err, &authority):
		return "the server's certificate comes from an authority that this machine does not trust: where a proxy of your own " +
			"looks into the traffic, name its authority in ca_file"
	case errors.As(err, &host):
		return "the server's certificate is made out to another host: check api_url, and what stands between"
	case untrusted(err):
		return "the server's certificate is not valid: check its dates and this machine's clock"
	}
	return "check the network, the proxy and api_url"
}

// untrusted reports whether the server's certificate was refused. Another try would meet the same one.
func untrusted(err error) bool {
	var refused *tls.CertificateVerificationError
	return errors.As(err, &refused)
}

// Missing reports whether the error is the answer that something does not exist.
func Missing(err error) bool { return hasStatus(err, http.StatusNotFound) }

// Forbidden reports whether the error is the answer that no credential may.
func Forbidden(err error) bool { return hasStatus(err, http.StatusForbidden) }

func hasStatus(err error, status int) bool {
	var answer *Error
	return errors.As(err, &answer) && answer.Status == status
}

// noAnswer wraps what the transport says; the address in a *url.Error is dropped, because people's addresses are in it.
func noAnswer(k call, err error) error {
	var refused *tokenRefusal
	if errors.As(err, &refused) {
		k.workspaceWide = true // without a token, nothing can be sent to any target
		return &Error{Call: k.name(), Status: refused.status, Message: refused.message, Kind: CredentialRefused, call: k}
	}
	var (
		failed  *attemptError
		noToken *tokenFailure
	)
	// Whether the request for a token was sent says nothing about the request that needs it.
	sent := !errors.As(err, &noToken) && errors.As(err, &failed) && failed.sent
	err = unnamed(err)
	return &Error{Call: k.name(), Message: clean(err.Error()), call: k, sent: sent, err: err}
}

// unnamed drops the address from an error.
func unnamed(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// maxErrorBody bounds what is read of an error's body, maxMessage what is kept of it, in bytes.
const (
	maxErrorBody = 64 << 10
	maxMessage   = 300
)

// refusal reads the three forms of an error's body: the documented JSON, plain text, and nothing.
func refusal(k call, res *http.Response) *Error {
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxErrorBody))
	var documented struct {
		Error struct {
			Message string          `json:"message"`
			Detail  json.RawMessage `json:"detail"`
		} `json:"error"`
	}
	e := &Error{Call: k.name(), Status: res.StatusCode, Message: string(body), call: k}
	if json.Unmarshal(body, &documented) == nil && documented.Error.Message != "" {
		e.Message = documented.Error.Message
		e.detail(documented.Error.Detail)
	}
	e.Kind = kindOf(e)
	e.Message = clean(withoutCredential(e.Message, res.Request))
	return e
}

// withoutCredential strikes out what a request authorized itself with, should a server or a proxy say it back.
func withoutCredential(message string, req *http.Request) string {
	if req == nil {
		return message
	}
	_, secret, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	if secret != "" {
		message = strings.ReplaceAll(message, secret, "[redacted]")
	}
	if _, password, basic := req.BasicAuth(); basic && password != "" {
		message = strings.ReplaceAll(message, password, "[redacted]")
	}
	return message
}

// detail takes in the scopes that are required and granted, or a detail that is text.
func (e *Error) detail(raw json.RawMessage) {
	var text string
	if json.Unmarshal(raw, &text) == nil && text != "" {
		e.Message += ": " + text
	}
	var scopes struct {
		Required []string `json:"required"`
		Granted  []string `json:"granted"`
	}
	if json.Unmarshal(raw, &scopes) == nil && len(scopes.Required) > 0 {
		e.Required, e.Granted = scopes.Required, scopes.Granted
		e.Message += fmt.Sprintf(": required: %s; granted: %s", strings.Join(scopes.Required, " "), strings.Join(scopes.Granted, " "))
	}
}

// clean makes one short line of a message, with addresses struck out.
func clean(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " ")
	s = regexp.MustCompile(`[^\s"'<>(),;:]+(?:@|%40)[^\s"'<>(),;:]+`).ReplaceAllString(s, "[address]")
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return s
}
