package mock

import (
	"slices"

	"github.com/authbench/authbench/targets"
)

// Faults lists the ways in which the mock can be wrong on purpose. Breaks names every clause that the suite must then
// find broken, the one that the fault was made for first.
func Faults() []targets.Fault {
	return slices.Concat(faultsOfSilence(), faultsOfTokens(), faultsOfRetail3000())
}

func breaks(clauses ...string) []string { return clauses }

// faultsOfSilence are about calls without the header ApiToken (RTV-02, RTV-03, RTV-04, RTV-16).
func faultsOfSilence() []targets.Fault {
	return []targets.Fault{
		{Name: "missing-is-401", Summary: "answers a call without the ApiToken by 401", Breaks: breaks("RTV-02", "RTV-03", "RTV-04", "RTV-16")},
		{Name: "missing-is-empty-200", Summary: "answers a call without the ApiToken by an empty 200", Breaks: breaks("RTV-02", "RTV-03", "RTV-04", "RTV-16")},
		{Name: "missing-is-400-by-proxy", Summary: "lets a proxy answer a call without the ApiToken by its 400 page", Breaks: breaks("RTV-02", "RTV-03", "RTV-04", "RTV-16")},
		{Name: "missing-one-byte", Summary: "sends one byte before it closes on a call without the ApiToken", Breaks: breaks("RTV-02", "RTV-03", "RTV-04", "RTV-16")},
		{Name: "missing-is-forwarded", Summary: "does not look for the ApiToken at all", Breaks: breaks("RTV-02", "RTV-03", "RTV-04", "RTV-16")},
		{Name: "missing-speaks-to-soap-call", Summary: "keeps silent to all but an ordinary SOAP call", Breaks: breaks("RTV-02", "RTV-16")},
		{Name: "silent-call-is-forwarded", Summary: "keeps silent and hands the call to Retail3000", Breaks: breaks("RTV-02")},
		{Name: "missing-gets-100-continue", Summary: "asks for the body of a call without the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "missing-speaks-on-get", Summary: "answers a GET without the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "missing-speaks-on-head", Summary: "answers a HEAD without the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "missing-speaks-on-put", Summary: "answers a PUT without the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "missing-speaks-on-delete", Summary: "answers a DELETE without the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "missing-speaks-on-options", Summary: "tells its methods without the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "missing-speaks-on-unknown-method", Summary: "answers an unknown method without the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "missing-speaks-on-root", Summary: "answers at the root without the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "missing-speaks-on-unknown-path", Summary: "answers without the ApiToken where nothing is", Breaks: breaks("RTV-03", "RTV-04", "RTV-16")},
		{Name: "missing-speaks-on-wsdl", Summary: "gives the WSDL without the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "missing-speaks-on-no-body", Summary: "answers a POST without a body and without the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "missing-speaks-on-non-xml", Summary: "answers a body that is no XML without the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "missing-speaks-on-large-body", Summary: "answers a large body without the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "missing-speaks-on-chunked", Summary: "answers a body in chunks without the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "missing-speaks-on-http10", Summary: "answers HTTP/1.0 without the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "missing-speaks-on-kept-http10", Summary: "answers HTTP/1.0 with a kept connection without the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "missing-speaks-without-soap-header", Summary: "answers an envelope without a SOAP header and without the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "missing-speaks-on-many-headers", Summary: "answers a call with many headers but the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "missing-speaks-on-second-call", Summary: "answers the second call on a connection without the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "missing-speaks-when-pipelined", Summary: "answers a pipelined call without the ApiToken", Breaks: breaks("RTV-03")},
		{Name: "pipelined-good-call-lost", Summary: "keeps silent to a good call behind which another is pipelined", Breaks: breaks("RTV-03")},
		{Name: "connection-remembers-token", Summary: "needs the ApiToken only on the first call of a connection", Breaks: breaks("RTV-03")},
		{Name: "name-with-dash-accepted", Summary: "takes the header Api-Token for ApiToken", Breaks: breaks("RTV-03")},
		{Name: "name-with-x-accepted", Summary: "takes the header X-ApiToken for ApiToken", Breaks: breaks("RTV-03")},
		{Name: "name-in-plural-accepted", Summary: "takes the header ApiTokens for ApiToken", Breaks: breaks("RTV-03")},
		{Name: "name-token-accepted", Summary: "takes the header Token for ApiToken", Breaks: breaks("RTV-03")},
		{Name: "misplaced-token-gets-hint", Summary: "says so when the token is in the wrong place", Breaks: breaks("RTV-04")},
		{Name: "token-from-query", Summary: "takes the token from the query", Breaks: breaks("RTV-04")},
		{Name: "token-from-cookie", Summary: "takes the token from a cookie", Breaks: breaks("RTV-04")},
		{Name: "token-from-authorization", Summary: "takes the token from the header Authorization", Breaks: breaks("RTV-04")},
		{Name: "token-from-bearer", Summary: "takes the token from the header Authorization, as Bearer", Breaks: breaks("RTV-04")},
		{Name: "token-from-basic", Summary: "takes the token from the header Authorization, as Basic", Breaks: breaks("RTV-04")},
		{Name: "token-from-trailer", Summary: "takes the token from a trailer", Breaks: breaks("RTV-04")},
		{Name: "token-from-soap-header", Summary: "takes the token from the SOAP header", Breaks: breaks("RTV-04")},
		{Name: "token-from-soap-token", Summary: "takes the token from the Retail3000AuthenticateToken", Breaks: breaks("RTV-04")},
		{Name: "token-from-soapaction", Summary: "takes the token from the SOAPAction", Breaks: breaks("RTV-04")},
		{Name: "token-from-path", Summary: "takes the token from the path", Breaks: breaks("RTV-04")},
		{Name: "missing-slower-for-real-path", Summary: "takes 8 ms longer to fall silent where the service is", Breaks: breaks("RTV-16")},
		{Name: "missing-slower-for-unknown-path", Summary: "takes 8 ms longer to fall silent where nothing is", Breaks: breaks("RTV-16")},
	}
}
