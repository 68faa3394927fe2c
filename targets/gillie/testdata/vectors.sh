#!/bin/sh
# Makes vectors.json with sha256sum alone, so that neither the client nor the mock has a part in it.
# usage: sh vectors.sh > vectors.json
set -eu
LC_ALL=C.UTF-8
export LC_ALL

digest() { printf '%s' "$1" | sha256sum | cut -d ' ' -f 1; }

vector() { # comment public private salt
	printf '%s\n  {"comment":"%s","public":"%s","private":"%s","salt":"%s",\n   "private-public-salt":"%s",\n   "public-private-salt":"%s"}' \
		"$comma" "$1" "$2" "$3" "$4" "$(digest "$3$2$4")" "$(digest "$2$3$4")"
	comma=,
}

comma=
printf '{"made":"sh vectors.sh: printf %%s CONCATENATION | sha256sum","vectors":['
vector "the shape of real keys" 9f86d081884c7d65 2c26b46b68ffc68ff99b453c1d30413413422d70 1732412345
vector "one character each" a b 1
vector "the zero of Unix time" 9f86d081884c7d65 2c26b46b68ffc68ff99b453c1d304134 0
vector "letters that a URL reserves" 'p+u&b=l%i#c /?' 'p r+i&v=a%t#e' 1732412345
vector "base64 alphabet" 'Zm9v+/8=' 'YmFy/+8=' 1732412345
vector "letters outside ASCII" 'öffentlich-ключ' 'geheim-鍵-é' 1732412345
vector "a digit at the seam of public key and salt" key1 secret 2345678901
vector "the same digits with the seam moved" key secret 12345678901
vector "a message of 55 bytes, the last that fits one block" 'aaaaaaaaaaaaaaaaaaaaaaa' 'bbbbbbbbbbbbbbbbbbbbbb' 1732412345
vector "a message of 64 bytes, one whole block" 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' 'bbbbbbbbbbbbbbbbbbbbbb' 1732412345
vector "a message longer than the signer's room on the stack" "$(printf '%0200d' 7)" "$(printf '%0200d' 3)" 1732412345
vector "seconds beyond 32 bits" 9f86d081884c7d65 2c26b46b68ffc68ff99b453c1d304134 4294967296
vector "no private key" 9f86d081884c7d65 '' 1732412345
printf '\n]}\n'
