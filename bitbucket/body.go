package bitbucket

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
)

// hollow is what is wrong with JSON in which a list is not there. That is not an empty list, by which nobody would be a
// member and nobody invited.
const hollow = "the answer has no list where the API documents one"

// read decodes the body of an answer that looks like success into out. Where out is nil, nothing is documented of the
// body that one could hold against it, and still it may show that somebody else has answered.
func read(body io.Reader, out any) error {
	if out == nil {
		return refusePage(body)
	}
	if err := json.NewDecoder(body).Decode(out); err != nil {
		return fmt.Errorf("the answer is not the JSON that the API documents: %w", err)
	}
	if list := reflect.ValueOf(out).Elem(); list.Kind() == reflect.Slice && list.IsNil() {
		return errors.New(hollow)
	}
	return nil
}

// sniffed is how many bytes http.DetectContentType looks at.
const sniffed = 512

// refusePage refuses a page of HTML, which a proxy sends that wants somebody to sign in, or a server under maintenance. It
// goes by the bytes: the header may be the framework's default.
func refusePage(body io.Reader) error {
	start, _ := bufio.NewReaderSize(body, sniffed).Peek(sniffed)
	if strings.HasPrefix(http.DetectContentType(start), "text/html") {
		return errors.New("the answer is a page of HTML, so it is not the API's: check api_url, and what stands between")
	}
	return nil
}
