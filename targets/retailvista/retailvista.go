// Package retailvista joins RetailVista's client and mock into the vendor that the house knows.
package retailvista

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/authbench/authbench/targets"
	"github.com/authbench/authbench/targets/retailvista/client"
	"github.com/authbench/authbench/targets/retailvista/mock"
	"github.com/authbench/authbench/targets/retailvista/zoo"
)

// Vendor is RetailVista: an ApiToken at a gateway that stays silent without it, and a SOAP header behind.
func Vendor() targets.Vendor {
	return targets.Vendor{
		Name: "retailvista", Title: "an ApiToken at a gateway, and a Retail3000AuthenticateToken behind it",
		Example: "https://proxy.example/grs",
		Credentials: []targets.Entry{
			{Name: "api_token", Required: true, Help: "the GUID that the supportdesk gave for this integration"},
			{Name: "username", Required: true, Help: "of the Retail3000AuthenticateToken"},
			{Name: "password", Required: true, Help: "likewise"},
			{Name: "company_number", Required: true, Public: true, Help: "likewise"},
			{Name: "store_number", Required: true, Public: true, Help: "likewise"},
			{Name: "disabled_api_token", Help: "an ApiToken that was disabled"},
			{Name: "other_api_token", Help: "the ApiToken of another integration"},
		},
		Settings: []targets.Entry{
			{Name: "operation", Default: "ValidateUser", Check: checkName, Help: "the operation of the SOAP service that is called; it takes no arguments"},
			{Name: "success", Default: "LoginSuccessful", Help: "what stands in the operation's result when the caller may call it"},
			{Name: "namespace", Default: client.DefaultNamespace, Help: "the service's XML namespace"},
			{Name: "silence_wait", Default: "3s", Check: checkWait, Help: "how long a call that may meet silence is waited for"},
			{Name: "forbidden_source", Check: checkAddress, Help: "a local address from which the token must not open (RTV-12)"},
		},
		Paths: []targets.Entry{
			{Name: "service", Default: servicePath, Help: "the path of the SOAP service"},
		},
		Faults:    mock.Faults(),
		Mistakes:  zoo.Mistakes(),
		Profiles:  profiles(),
		StartMock: mock.Start,
		Sign:      sign,
		RunClient: zoo.Run,
	}
}

const servicePath = "/securitycomponents.asmx"

func checkName(text string) error {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		return errors.New("that is no operation: write it as in the WSDL, such as ValidateUser")
	}
	return nil
}

func checkWait(text string) error {
	if d, err := time.ParseDuration(text); err != nil || d <= 0 {
		return errors.New("that is no time above zero: write it as 3s")
	}
	return nil
}

func checkAddress(text string) error {
	if _, err := netip.ParseAddr(text); err != nil {
		return errors.New("that is no address of this machine: write it as 127.0.0.2")
	}
	return nil
}

func call(t targets.Target) client.Call {
	return client.Call{Namespace: t.Settings["namespace"], Operation: t.Settings["operation"], Token: &client.AuthenticateToken{
		Username: t.Credentials["username"], Password: t.Credentials["password"],
		CompanyNumber: t.Credentials["company_number"], StoreNumber: t.Credentials["store_number"],
	}}
}

// sign writes a SOAP call down: it needs no session, and the path is the service's.
func sign(_ context.Context, t targets.Target, _ http.RoundTripper, path string, _ time.Time) (targets.SignedRequest, error) {
	c := call(t)
	body, err := c.Envelope()
	if err != nil {
		return targets.SignedRequest{}, err
	}
	req, err := http.NewRequest(http.MethodPost, join(t.URL, path), nil)
	if err != nil {
		return targets.SignedRequest{}, fmt.Errorf("%q is no path: write it as %s", path, servicePath)
	}
	return targets.SignedRequest{Method: req.Method, URL: req.URL.String(), Body: string(body), Header: http.Header{
		client.HeaderAPIToken: {t.Credentials["api_token"]}, "Content-Type": {"text/xml; charset=utf-8"}, "SOAPAction": {`"` + c.SOAPAction() + `"`},
	}}, nil
}

func join(base, path string) string { return strings.TrimSuffix(base, "/") + path }
