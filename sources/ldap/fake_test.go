package ldap

import (
	"net"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	goldap "github.com/go-ldap/ldap/v3"
)

// fake is a server for what a well-kept slapd never does. It lets everybody in.
type fake struct {
	paging  bool // the root DSE lists the paging control
	bind    func(w *wire)
	rootDSE func(w *wire)
	search  func(w *wire, q asked)
	// extended answers a StartTLS.
	extended func(w *wire)
}

// asked is a search request as the server sees it.
type asked struct {
	base       string
	attributes []string
	cookie     string
}

func startFake(t testing.TB, f fake) string {
	t.Helper()
	return listen(t, func(conn net.Conn) {
		for {
			packet, err := ber.ReadPacket(conn)
			if err != nil || len(packet.Children) < 2 {
				return
			}
			f.answer(&wire{conn: conn, id: packet.Children[0].Value.(int64)}, packet)
		}
	})
}

func (f fake) answer(w *wire, packet *ber.Packet) {
	request := packet.Children[1]
	switch request.Tag {
	case goldap.ApplicationBindRequest:
		if f.bind != nil {
			f.bind(w)
			return
		}
		w.done(goldap.ApplicationBindResponse, 0, "")
	case goldap.ApplicationExtendedRequest:
		f.extended(w)
	case goldap.ApplicationSearchRequest:
		q := asked{base: request.Children[0].Value.(string)}
		for _, attribute := range request.Children[7].Children {
			q.attributes = append(q.attributes, attribute.Value.(string))
		}
		if q.base == "" {
			f.answerRoot(w)
			return
		}
		if len(packet.Children) > 2 {
			if control, err := goldap.DecodeControl(packet.Children[2].Children[0]); err == nil {
				q.cookie = string(control.(*goldap.ControlPaging).Cookie)
			}
		}
		f.search(w, q)
	}
}

func (f fake) answerRoot(w *wire) {
	switch {
	case f.rootDSE != nil:
		f.rootDSE(w)
		return
	case f.paging:
		w.entry("", "supportedControl", goldap.ControlTypePaging)
	}
	w.done(goldap.ApplicationSearchResultDone, 0, "")
}

// wire writes the answers to one request.
type wire struct {
	conn net.Conn
	id   int64
}

func (w *wire) send(children ...*ber.Packet) {
	packet := ber.NewSequence("")
	packet.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, w.id, ""))
	for _, child := range children {
		packet.AppendChild(child)
	}
	_, _ = w.conn.Write(packet.Bytes())
}

// entry sends an entry of pairs of attribute and value; "" as a value is none.
func (w *wire) entry(dn string, pairs ...string) {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, goldap.ApplicationSearchResultEntry, nil, "")
	op.AppendChild(octets(dn))
	list := ber.NewSequence("")
	for i := 0; i < len(pairs); i += 2 {
		attribute, set := ber.NewSequence(""), ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		if pairs[i+1] != "" {
			set.AppendChild(octets(pairs[i+1]))
		}
		attribute.AppendChild(octets(pairs[i]))
		attribute.AppendChild(set)
		list.AppendChild(attribute)
	}
	op.AppendChild(list)
	w.send(op)
}

func (w *wire) reference(url string) {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, goldap.ApplicationSearchResultReference, nil, "")
	op.AppendChild(octets(url))
	w.send(op)
}

func (w *wire) done(tag ber.Tag, code int64, text string) { w.send(result(tag, code, text)) }

// more ends a page with the paging control and the cookie "more".
func (w *wire) more() {
	control := goldap.NewControlPaging(0)
	control.SetCookie([]byte("more"))
	controls := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
	controls.AppendChild(control.Encode())
	w.send(result(goldap.ApplicationSearchResultDone, 0, ""), controls)
}

func result(tag ber.Tag, code int64, text string) *ber.Packet {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
	op.AppendChild(octets(""))
	op.AppendChild(octets(text))
	return op
}

func octets(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}
