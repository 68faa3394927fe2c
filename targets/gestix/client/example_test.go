package client_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/authbench/authbench/targets/gestix/client"
)

func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path + " " + r.Header.Get("Authorization") {
		case "/api/1234/v4.0.0/helo Bearer my-api-token":
			fmt.Fprint(w, `{"xa-token": "abc"}`)
		case "/api/1234/v4.0.0/customers Bearer abc":
			if r.URL.Query().Get("nonce") != "" {
				w.WriteHeader(http.StatusCreated)
			}
		default:
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer server.Close()
	base := server.URL + "/api/1234/v4.0.0"

	session, err := client.NewSession(base, client.Credentials{APIToken: "my-api-token"}, client.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	hc := &http.Client{Transport: &client.Transport{Session: session}}

	for _, name := range []string{"Ana", "Rui"} {
		resp, err := hc.Post(base+"/customers", "application/json", strings.NewReader(`{"name":"`+name+`"}`))
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
		fmt.Println(name, resp.StatusCode)
	}
	fmt.Println("sessions opened:", session.Life().Opened)
	// Output:
	// Ana 201
	// Rui 201
	// sessions opened: 1
}
