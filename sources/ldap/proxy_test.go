package ldap

import (
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// proxy stands before a server. It counts the searches that go through, and can do harm to the answers.
type proxy struct {
	url      string
	searches atomic.Int64
	answered atomic.Int64 // bytes of answers that came from the server
	// After cutAfter bytes of answers on one connection it resets both sides, or with stall it goes silent; -1 is never.
	cutAfter int64
	stall    bool
	stalled  chan struct{} // closed when it went silent
	once     sync.Once
}

func startProxy(t testing.TB, serverURL string, cutAfter int64, stall bool) *proxy {
	t.Helper()
	p := &proxy{cutAfter: cutAfter, stall: stall, stalled: make(chan struct{})}
	p.url = listen(t, func(client net.Conn) {
		server, err := net.Dial("tcp", strings.TrimPrefix(serverURL, "ldap://"))
		if err != nil {
			t.Errorf("proxy: %v", err)
			return
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.answers(client, server)
		}()
		p.requests(client, server)
		_ = server.Close()
		<-done
	})
	return p
}

func (p *proxy) requests(client, server net.Conn) {
	for {
		packet, err := ber.ReadPacket(client)
		if err != nil {
			return
		}
		if len(packet.Children) > 1 && packet.Children[1].ClassType == ber.ClassApplication && packet.Children[1].Tag == 3 {
			p.searches.Add(1)
		}
		if _, err := server.Write(packet.Bytes()); err != nil {
			return
		}
	}
}

func (p *proxy) answers(client, server net.Conn) {
	if p.cutAfter < 0 {
		n, _ := io.Copy(client, server)
		p.answered.Add(n)
		_ = client.Close()
		return
	}
	_, _ = io.CopyN(client, server, p.cutAfter)
	if p.stall {
		p.once.Do(func() { close(p.stalled) })
		_, _ = io.Copy(io.Discard, server)
	}
	_ = client.Close()
}

// listen runs handle for every connection until the test ends, and gives the ldap:// URL.
func listen(t testing.TB, handle func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				handle(conn)
				_ = conn.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		running.Wait()
	})
	return "ldap://" + listener.Addr().String()
}
