package slapdtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	goldap "github.com/go-ldap/ldap/v3"
)

// configFile is slapd.conf(5).
func configFile(dir string, o Options) string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, schema := range []string{"core", "cosine", "nis", "inetorgperson"} {
		add("include /etc/ldap/schema/%s.schema", schema)
	}
	add("modulepath /usr/lib/ldap")
	add("moduleload back_mdb")
	add("pidfile %q", filepath.Join(dir, "slapd.pid"))
	add("sizelimit %d", SizeLimit)
	if !o.NoTLS {
		add("TLSCACertificateFile %q", filepath.Join(dir, "ca.pem"))
		add("TLSCertificateFile %q", filepath.Join(dir, "server.pem"))
		add("TLSCertificateKeyFile %q", filepath.Join(dir, "server.key"))
	}
	add("database mdb")
	add("suffix %q", BaseDN)
	add("rootdn %q", RootDN)
	add("rootpw %q", Password)
	add("directory %q", filepath.Join(dir, "db"))
	add("maxsize %d", 1<<30)
	add("dbnosync")
	add("index objectClass eq")
	add("limits dn.exact=%q size=unlimited size.prtotal=unlimited time=unlimited", ReaderDN)
	add("access to attrs=userPassword by anonymous auth by * none")
	lines = append(lines, o.Access...)
	add("access to * by users read by * none")
	return strings.Join(lines, "\n") + "\n"
}

func baseLDIF() string {
	ldif := Entry(BaseDN, "objectClass", "organization", "objectClass", "dcObject", "o", "lab", "dc", "lab")
	for _, unit := range []string{"people", "groups", "services"} {
		ldif += Entry("ou="+unit+","+BaseDN, "objectClass", "organizationalUnit", "ou", unit)
	}
	for _, dn := range []string{ReaderDN, LimitedDN} {
		name := strings.TrimPrefix(strings.Split(dn, ",")[0], "cn=")
		ldif += Entry(dn, "objectClass", "organizationalRole", "objectClass", "simpleSecurityObject",
			"cn", name, "userPassword", Password)
	}
	return ldif
}

// Entry makes one LDIF record of a DN and of pairs of attribute and value.
func Entry(dn string, pairs ...string) string {
	var b strings.Builder
	encode := func(name, value string) {
		fmt.Fprintf(&b, "%s:: %s\n", name, base64.StdEncoding.EncodeToString([]byte(value)))
	}
	encode("dn", dn)
	for i := 0; i+1 < len(pairs); i += 2 {
		encode(pairs[i], pairs[i+1])
	}
	return b.String() + "\n"
}

// PersonDN is the DN of the person with a uid.
func PersonDN(uid string) string { return "uid=" + goldap.EscapeDN(uid) + "," + PeopleDN }

// GroupDN is the DN of a group.
func GroupDN(cn string) string { return "cn=" + goldap.EscapeDN(cn) + "," + GroupsDN }

// Person makes the LDIF of an inetOrgPerson. An empty mail is left out; more are pairs as in Entry.
func Person(uid, name, mail string, more ...string) string {
	pairs := append([]string{"objectClass", "inetOrgPerson", "uid", uid, "cn", name, "sn", name}, more...)
	if mail != "" {
		pairs = append(pairs, "mail", mail)
	}
	return Entry(PersonDN(uid), pairs...)
}

// Group makes the LDIF of a groupOfNames; members are DNs, and there must be one.
func Group(cn string, members ...string) string {
	pairs := []string{"objectClass", "groupOfNames", "cn", cn}
	for _, member := range members {
		pairs = append(pairs, "member", member)
	}
	return Entry(GroupDN(cn), pairs...)
}

// authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// writeCertificates makes an authority, ca.pem, and a server's certificate of it, server.pem and server.key.
func writeCertificates(dir string) error {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	from, to := time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	ca := authority{key: caKey, certificate: &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "slapdtest authority"},
		NotBefore: from, NotAfter: to,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}}
	if err := ca.sign(filepath.Join(dir, "ca.pem"), ca.certificate, &caKey.PublicKey); err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	err = ca.sign(filepath.Join(dir, "server.pem"), &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: from, NotAfter: to,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, &key.PublicKey)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(filepath.Join(dir, "server.key"), "PRIVATE KEY", der)
}

func (a authority) sign(path string, subject *x509.Certificate, key *ecdsa.PublicKey) error {
	der, err := x509.CreateCertificate(rand.Reader, subject, a.certificate, key, a.key)
	if err != nil {
		return err
	}
	return writePEM(path, "CERTIFICATE", der)
}

func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
