// Package ldap reads people and groups from an LDAP directory: OpenLDAP, 389-ds, FreeIPA, Active Directory.
//
// One Read is one connection: it binds, reads all groups and all people page by page, and joins them in memory by
// normalised DN (or by uid). Nothing is asked per person or per group, so the cost is one search a page, and memberOf,
// which every server means differently, is not needed. A read that is not whole to the last page is an error, and LDAP's
// many ways to say "success, nothing" are not believed: no people at all is an error, and a group without a readable
// member is that group's Problem.
package ldap

import (
	"time"

	"bitroster/internal/settings"
	"bitroster/sources"
)

// Config is the settings of one LDAP directory.
type Config struct {
	// URLs are the servers, ldaps://host[:port] or ldap://host[:port], tried in this order. They must be copies of one
	// directory.
	URLs []string `mapstructure:"urls"`
	// StartTLS turns an ldap:// connection into TLS before anything else is sent (RFC 4511, section 4.14). A server that
	// refuses is an error: it never goes on in the clear.
	StartTLS bool `mapstructure:"start_tls"`
	// RootCA is a PEM file of the authorities to trust instead of the system's.
	RootCA string `mapstructure:"root_ca"`
	// ServerName is the name that the server's certificate must have, where it is not the host of the URL.
	ServerName string `mapstructure:"server_name"`
	// InsecureSkipVerify believes any certificate.
	InsecureSkipVerify bool `mapstructure:"insecure_skip_verify"`
	// InsecurePlainText allows ldap:// without StartTLS: the password and all data can be read on the way.
	InsecurePlainText bool `mapstructure:"insecure_plain_text"`
	// BindDN is the account that reads: a DN, or with Active Directory also name@domain or DOMAIN\name.
	BindDN string `mapstructure:"bind_dn"`
	// BindPassword says where the password of BindDN is kept.
	BindPassword settings.Reference `mapstructure:"bind_password"`
	// Anonymous reads without an account; BindDN and BindPassword are then empty.
	Anonymous bool `mapstructure:"anonymous"`
	// ConnectTimeout bounds the time to reach one server, the TLS handshake included.
	ConnectTimeout time.Duration `mapstructure:"connect_timeout"`
	// RequestTimeout bounds the time of one request, which is one page of a search.
	RequestTimeout time.Duration `mapstructure:"request_timeout"`
	// PageSize is how many people one request asks for. 1,000 is the most that Active Directory gives.
	PageSize int `mapstructure:"page_size"`

	UserSearch  UserSearch  `mapstructure:"user_search"`
	GroupSearch GroupSearch `mapstructure:"group_search"`
}

// UserSearch says which entries are people, and which attributes say what of them. Disabled accounts are left out by the
// filter, for instance (!(userAccountControl:1.2.840.113556.1.4.803:=2)) with Active Directory.
type UserSearch struct {
	BaseDN string `mapstructure:"base_dn"`
	Filter string `mapstructure:"filter"` // RFC 4515
	Scope  string `mapstructure:"scope"`  // sub, one or base
	// IDAttr is the stable id: entryUUID, nsUniqueId, ipaUniqueID, objectGUID. A binary one is shown in hex.
	IDAttr string `mapstructure:"id_attr"`
	// EmailAttr holds the address: of several values the first that is one.
	EmailAttr string `mapstructure:"email_attr"`
	NameAttr  string `mapstructure:"name_attr"`
	// UIDAttr is what groups with member_is: uid name people by; rules see it as the attribute "uid".
	UIDAttr string `mapstructure:"uid_attr"`
	// Attributes are further attributes to read, for rules.
	Attributes []string `mapstructure:"attributes"`
}

// GroupSearch says which entries are groups, and how they name their members.
type GroupSearch struct {
	BaseDN   string `mapstructure:"base_dn"`
	Filter   string `mapstructure:"filter"` // RFC 4515
	Scope    string `mapstructure:"scope"`  // sub, one or base
	NameAttr string `mapstructure:"name_attr"`
	// MemberAttrs are the attributes that list members; none means "member". A list written in the config replaces it.
	MemberAttrs []string `mapstructure:"member_attrs"`
	// MemberIs says what those attributes hold: "dn", or "uid" as posixGroup's memberUid does.
	MemberIs string `mapstructure:"member_is"`
	// Nested makes the members of a group that is a member of a group members of both. Only DNs can name a group.
	Nested bool `mapstructure:"nested"`
	// AllowEmpty believes a group without any member. Without it such a group is a Problem, because a directory that hides
	// the members from the bind account looks just the same.
	AllowEmpty bool `mapstructure:"allow_empty"`
	// PageSize is how many groups one request asks for. One group can be megabytes, so it is smaller than that of people.
	PageSize int `mapstructure:"page_size"`
}

// New makes a Config with the defaults of an OpenLDAP directory, to decode into.
func New() sources.Config {
	return &Config{
		ConnectTimeout: 10 * time.Second,
		RequestTimeout: 60 * time.Second,
		PageSize:       1000,
		UserSearch: UserSearch{
			Filter: "(objectClass=inetOrgPerson)", Scope: "sub",
			IDAttr: "entryUUID", EmailAttr: "mail", NameAttr: "cn", UIDAttr: "uid",
		},
		GroupSearch: GroupSearch{
			Filter: "(objectClass=groupOfNames)", Scope: "sub",
			NameAttr: "cn", MemberIs: memberDN, Nested: true, PageSize: 100,
		},
	}
}

// What member_is can be.
const (
	memberDN  = "dn"
	memberUID = "uid"
)

// memberAttrs gives the member attributes with their default. The default cannot stand in the struct: decoding a shorter
// list into a longer one would keep the rest of the longer.
func (g GroupSearch) memberAttrs() []string {
	if len(g.MemberAttrs) == 0 {
		return []string{"member"}
	}
	return g.MemberAttrs
}
