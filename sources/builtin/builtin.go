// Package builtin lists the kinds of source that come with bitroster.
package builtin

import (
	"bitroster/sources"
	"bitroster/sources/csvdir"
	"bitroster/sources/ldap"
)

// Registry gives the kinds of source by the type that the config names.
func Registry() sources.Registry {
	return sources.Registry{
		"csv":  csvdir.New,
		"ldap": ldap.New,
	}
}
