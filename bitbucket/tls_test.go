package bitbucket_test

import (
	"bufio"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket"
	"bitroster/internal/settings"
)

// secure starts a server whose certificate is for 127.0.0.1 and example.com, of an authority that nobody knows, and gives
// that authority. It answers every request with an empty list.
func secure(t *testing.T) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "[]") }))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // of handshakes that are refused
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return server, roots
}

// trusting makes a client that trusts these authorities.
func trusting(t *testing.T, address string, roots *x509.CertPool) *bitbucket.Client {
	t.Helper()
	key, err := accessToken().Open(settings.Secrets{Getenv: func(string) string { return "s3cret" }})
	if err != nil {
		t.Fatal(err)
	}
	client, err := bitbucket.New(bitbucket.Options{URL: address, Keys: []bitbucket.Key{key}, RootCAs: roots})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestTheCertificateIsChecked(t *testing.T) {
	server, roots := secure(t)
	byName := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	for name, tc := range map[string]struct {
		address string
		roots   *x509.CertPool
		hint    string // none is trust
	}{
		"of an unknown authority": {server.URL, nil, "an authority that this machine does not trust: where a proxy of your own looks into the traffic, name its authority in ca_file"},
		"of a named authority":    {server.URL, roots, ""},
		"of another host":         {byName, roots, "made out to another host: check api_url"},
	} {
		t.Run(name, func(t *testing.T) {
			client := trusting(t, tc.address, tc.roots)
			begin := time.Now()
			checkTrust(t, list(t.Context(), client), tc.hint)
			checkTrust(t, invite(t.Context(), client), tc.hint)
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("took %v: another try meets the same certificate", took)
			}
		})
	}
}

func checkTrust(t *testing.T, err error, hint string) {
	t.Helper()
	if hint == "" && err != nil {
		t.Errorf("error %v, want none", err)
	}
	if hint != "" && (!strings.Contains(fmt.Sprint(err), hint) || asError(t, err).MaybeDone()) {
		t.Errorf("error %v, want one with %q, of a request that was not sent", err, hint)
	}
}

// TestTheAddressForTokensIsChecked has its certificate be of an unknown authority: the secret does not go there.
func TestTheAddressForTokensIsChecked(t *testing.T) {
	server, _ := secure(t)
	credential := oauthConsumer()
	credential.TokenURL = server.URL + tokenPath
	client := clientOf(t, server.URL, credential)
	err := invite(t.Context(), client)
	if answer := asError(t, err); !answer.NotSent() || !strings.Contains(err.Error(), "name its authority in ca_file") {
		t.Errorf("error %v, want one that nothing was sent, with a hint", err)
	}
}

// tunnel is a proxy that opens tunnels to one server, whatever host is asked for, and notes what it is asked.
type tunnel struct {
	server string

	mu    sync.Mutex
	asked []string
}

func (p *tunnel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, fmt.Sprintf("%s %s %v", r.Method, r.Host, r.Header["Authorization"]))
	p.mu.Unlock()
	far, err := net.Dial("tcp", p.server)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer far.Close() //nolint:errcheck // a tunnel
	near, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer near.Close() //nolint:errcheck // a tunnel
	if _, err := io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n"); err == nil {
		join(near, buffered.Reader, far)
	}
}

// join copies both ways until one of them ends.
func join(near net.Conn, read *bufio.Reader, far net.Conn) {
	ended := make(chan struct{}, 2)
	go func() { _, _ = io.Copy(far, read); ended <- struct{}{} }()
	go func() { _, _ = io.Copy(near, far); ended <- struct{}{} }()
	<-ended
}

// rootsVariable carries the authority into the process of TestTheProxyOfTheEnvironment.
const rootsVariable = "BITBUCKET_TEST_ROOTS"

// TestTheProxyOfTheEnvironment runs itself in another process, because net/http reads the environment once. There,
// example.com can only be reached by the proxy.
func TestTheProxyOfTheEnvironment(t *testing.T) {
	if file := os.Getenv(rootsVariable); file != "" {
		throughProxy(t, file)
		return
	}
	server, _ := secure(t)
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	passage := &tunnel{server: address.Host}
	proxy := httptest.NewServer(passage)
	defer proxy.Close()
	file := t.TempDir() + "/roots.pem"
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, authority, 0o600); err != nil {
		t.Fatal(err)
	}
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheProxyOfTheEnvironment$", "-test.timeout=60s")
	again.Env = append(os.Environ(), rootsVariable+"="+file, "HTTPS_PROXY="+proxy.URL, "NO_PROXY=", "no_proxy=", "https_proxy=")
	if output, err := again.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	passage.mu.Lock()
	defer passage.mu.Unlock()
	if diff := cmp.Diff([]string{"CONNECT example.com:443 []"}, passage.asked); diff != "" {
		t.Errorf("the proxy was asked, and told of credentials (-want +got):\n%s", diff)
	}
}

func throughProxy(t *testing.T, file string) {
	t.Helper()
	authority, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	if err := list(t.Context(), trusting(t, "https://example.com", roots)); err != nil {
		t.Error(err)
	}
}
