// Command go signs requests of Gillie's for `authbench sign bench --exec`: one JSON object a line in, one out.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/authbench/authbench/targets/gillie/client"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type request struct {
	ID         uint64 `json:"id"`
	PublicKey  string `json:"public_key"`
	PrivateKey string `json:"private_key"`
	Salt       string `json:"salt"`
}

type answer struct {
	ID   uint64 `json:"id"`
	Hash string `json:"hash"`
}

func run(in io.Reader, out io.Writer) error {
	requests, answers := json.NewDecoder(in), bufio.NewWriter(out)
	encode := json.NewEncoder(answers)
	for {
		var r request
		switch err := requests.Decode(&r); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		key := client.Key{Public: r.PublicKey, Private: r.PrivateKey}
		if err := encode.Encode(answer{r.ID, key.Hash(client.PrivatePublicSalt, r.Salt)}); err != nil {
			return err
		}
		if err := answers.Flush(); err != nil { // who has asked waits for it
			return err
		}
	}
}
