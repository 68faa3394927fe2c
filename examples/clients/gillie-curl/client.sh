#!/bin/sh
# A small client of Gillie for authbench to judge, in POSIX shell with curl. It does what AUTHBENCH_ACTION says and exits 0
# when all of it succeeded, 127 when it does not know how to do that, and 1 otherwise.
#
# Keys and hashes stay off every command line, which any user of the machine can read: printf is built into the shell, and
# curl reads its URL from standard input.
set -eu

fail() {
	echo "$1" >&2
	exit "${2-1}"
}

unsupported() { fail "AUTHBENCH_ACTION is none that this client knows: read, write, reads:N or writes:N" 127; }

# escape writes every byte as %XX: there is no list of reserved characters to get wrong (GILC-05).
escape() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'; }

# call makes one call, once: a denial is final (GILC-06, GILC-07). A redirect is no success, and not followed.
call() { # number
	query="${AUTHBENCH_QUERY:+$AUTHBENCH_QUERY&}apikey=$(escape "$public")"
	if [ -n "$private" ]; then # without one the public key goes alone (GILC-08)
		# Two calls with one salt have one hash, and a server may refuse a hash that it has seen (GIL-19). So calls made at
		# once take the present second and those before it, which are well inside the window.
		salt=$((now - $1 % 20))
		hash=$(printf %s "$private$public$salt" | sha256sum)
		query="$query&apisalt=$salt&apihash=${hash%% *}"
	fi
	set -- --header 'Content-Type: application/json' --data "{\"name\":\"customer $1\"}"
	if [ "$kind" = read ]; then set --; fi
	status=$(printf 'url = "%s"\n' "${AUTHBENCH_URL%/}/api/customers?$query" |
		curl --disable --config - --globoff --silent --show-error --max-time 10 --output /dev/null --write-out '%{http_code}' "$@") || return 1
	case $status in
	2??) ;;
	*)
		echo "/api/customers was answered by $status" >&2
		return 1
		;;
	esac
}

case ${AUTHBENCH_ACTION-} in
read | write) kind=$AUTHBENCH_ACTION times=1 ;;
reads:* | writes:*) kind=${AUTHBENCH_ACTION%%s:*} times=${AUTHBENCH_ACTION#*:} ;;
*) unsupported ;;
esac
case $times in
'' | 0* | *[!0-9]*) unsupported ;;
esac
for tool in curl sha256sum od; do # the shell itself would end with 127
	command -v "$tool" >/dev/null || fail "this client needs $tool"
done
public=${GILLIE_PUBLIC_KEY-} private=${GILLIE_PRIVATE_KEY-}
unset GILLIE_PUBLIC_KEY GILLIE_PRIVATE_KEY # the programs that it starts need neither
[ -n "$public" ] || fail "GILLIE_PUBLIC_KEY is empty"

now=$(date +%s)
pids=
number=0
while [ "$number" -lt "$times" ]; do
	call "$number" &
	pids="$pids $!"
	number=$((number + 1))
done
code=0
for pid in $pids; do
	wait "$pid" || code=1
done
exit $code
