package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/authbench/authbench/targets/retailvista/client"
)

// gatewayForExamples answers as the vendor's gateway and the server behind it do.
func gatewayForExamples() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get("ApiToken") {
		case "":
			panic(http.ErrAbortHandler) // not one byte
		case "47ddedc5-6967-4da0-a849-1b441286f665":
			body, _ := io.ReadAll(r.Body)
			result := "LoginFailed"
			if strings.Contains(string(body), "<Password>secret</Password>") {
				result = "LoginSuccessful"
			}
			fmt.Fprintf(w, `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><ValidateUserResponse xmlns="%s">`+
				`<ValidateUserResult>%s</ValidateUserResult></ValidateUserResponse></soap:Body></soap:Envelope>`, client.DefaultNamespace, result)
		default:
			http.Error(w, "Access denied: this ApiToken is unknown.", http.StatusForbidden)
		}
	}))
}

func Example() {
	server := gatewayForExamples()
	defer server.Close()

	c := &client.Client{
		URL:      server.URL + "/grs",
		APIToken: "47ddedc5-6967-4da0-a849-1b441286f665",
		Token:    client.AuthenticateToken{Username: "ana", Password: "secret", CompanyNumber: "12", StoreNumber: "3"},
	}
	answer, err := c.Do(context.Background(), client.Call{Operation: "ValidateUser"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(answer.Operation, answer.LoginSuccessful())

	// The gateway tells why it denies an API token.
	c.APIToken = "00000000-0000-0000-0000-000000000000"
	_, err = c.Do(context.Background(), client.Call{Operation: "ValidateUser"})
	var denied *client.DeniedError
	if errors.As(err, &denied) {
		fmt.Println(denied.Status, denied.Reason)
	}
	// Output:
	// ValidateUser true
	// 403 Access denied: this ApiToken is unknown.
}

func ExampleTransport() {
	server := gatewayForExamples()
	defer server.Close()
	base := server.URL + "/grs"

	hc := &http.Client{Transport: &client.Transport{APIToken: "47ddedc5-6967-4da0-a849-1b441286f665", URL: base}}
	resp, err := hc.Post(base+client.DefaultPath, "text/xml; charset=utf-8", strings.NewReader("<Envelope>...</Envelope>"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := client.ParseAnswer(body)
	fmt.Println(answer.Result, err)
	// Output:
	// LoginFailed <nil>
}
