#!/bin/sh
# Makes one hash with coreutils and openssl alone, so that docs/vectors/gillie.json is not held to what has made it.
# PRIVATE, PUBLIC and SALT are the ingredients, FIRST and SECOND the keys in their order; MISTAKE is what to do wrong.
set -eu
LC_ALL=C.UTF-8
export LC_ALL

sum() { sha256sum | cut -d ' ' -f 1; }
right() { printf '%s' "$FIRST$SECOND$SALT"; }
escape() { # byte by byte, as an HTML form does
	printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g' | tr abcdef ABCDEF |
		sed 's/%2[DdEe]/\n&\n/g; s/%5F/_/g; s/%7E/~/g' | sed 's/^%2D$/-/; s/^%2E$/./' | tr -d '\n' |
		awk '{ text = $0; out = ""
			while (match(text, /%(3[0-9]|4[1-9A-F]|5[0-9A]|6[1-9A-F]|7[0-9A])/)) {
				code = substr(text, RSTART + 1, 2)
				value = (index("0123456789ABCDEF", substr(code, 1, 1)) - 1) * 16 + index("0123456789ABCDEF", substr(code, 2, 1)) - 1
				out = out substr(text, 1, RSTART - 1) sprintf("%c", value)
				text = substr(text, RSTART + 3)
			}
			print out text }' | sed 's/%20/+/g' | tr -d '\n'
}

case $MISTAKE in
'') right | sum ;;
other-order) printf '%s' "$SECOND$FIRST$SALT" | sum ;;
salt-first) printf '%s' "$SALT$FIRST$SECOND" | sum ;;
salt-between) printf '%s' "$FIRST$SALT$SECOND" | sum ;;
without-salt) printf '%s' "$FIRST$SECOND" | sum ;;
private-key-alone) printf '%s' "$PRIVATE$SALT" | sum ;;
public-key-alone) printf '%s' "$PUBLIC$SALT" | sum ;;
newline-hashed) printf '%s\n' "$FIRST$SECOND$SALT" | sum ;;
newlines-between) printf '%s\n' "$FIRST" "$SECOND" "$SALT" | sum ;;
zero-byte-hashed) printf '%s\0' "$FIRST$SECOND$SALT" | sum ;;
colons-between) printf '%s' "$FIRST:$SECOND:$SALT" | sum ;;
salt-in-milliseconds) printf '%s' "$FIRST$SECOND${SALT}000" | sum ;;
salt-with-fraction) printf '%s' "$FIRST$SECOND$SALT.0" | sum ;;
another-salt-hashed) printf '%s' "$FIRST$SECOND$((SALT + 1))" | sum ;;
escaped-keys-hashed) printf '%s' "$(escape "$FIRST")$(escape "$SECOND")$SALT" | sum ;;
latin-1-hashed) right | iconv -f UTF-8 -t ISO-8859-1 | sum ;;
utf-16-hashed) right | iconv -f UTF-8 -t UTF-16LE | sum ;;
upper-case) right | sum | tr abcdef ABCDEF ;;
prefixed) echo "0x$(right | sum)" ;;
hmac) printf '%s' "$PUBLIC$SALT" | openssl dgst -sha256 -hmac "$PRIVATE" -r | cut -d ' ' -f 1 ;;
md5 | sha1 | sha512) right | openssl dgst "-$MISTAKE" -r | cut -d ' ' -f 1 ;;
hashed-twice) right | sum | tr -d '\n' | sum ;;
base64) right | openssl dgst -sha256 -binary | base64 -w 0 ;;
cut-hash) right | sum | cut -c 1-32 ;;
*)
	echo "unknown mistake: $MISTAKE" >&2
	exit 1
	;;
esac
