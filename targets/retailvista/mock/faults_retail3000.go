package mock

import "github.com/authbench/authbench/targets"

// faultsOfRetail3000 are about the SOAP header, the reasons and the log (RTV-09..RTV-11, RTV-14, RTV-18).
func faultsOfRetail3000() []targets.Fault {
	return []targets.Fault{
		{Name: "soap-header-not-checked", Summary: "takes the ApiToken for enough", Breaks: breaks("RTV-09", "RTV-01", "RTV-10", "RTV-11")},
		{Name: "soap-header-missing-ok", Summary: "needs no SOAP header", Breaks: breaks("RTV-09", "RTV-10")},
		{Name: "empty-soap-header-ok", Summary: "takes an empty SOAP header", Breaks: breaks("RTV-09")},
		{Name: "empty-soap-token-ok", Summary: "takes an empty Retail3000AuthenticateToken", Breaks: breaks("RTV-09")},
		{Name: "soap-token-from-body", Summary: "takes the Retail3000AuthenticateToken from the body", Breaks: breaks("RTV-09")},
		{Name: "gateway-answers-for-retail3000", Summary: "refuses a call without a SOAP header at the gateway", Breaks: breaks("RTV-09")},
		{Name: "soap-header-remembered", Summary: "needs the SOAP header only once on a connection", Breaks: breaks("RTV-10")},
		{Name: "soap-header-remembered-by-token", Summary: "needs the SOAP header only once for a token", Breaks: breaks("RTV-10")},
		{Name: "wrong-password-after-good-ok", Summary: "checks the password only once on a connection", Breaks: breaks("RTV-10")},
		{Name: "soap-username-not-checked", Summary: "takes any user name", Breaks: breaks("RTV-11")},
		{Name: "soap-username-missing-ok", Summary: "needs no user name", Breaks: breaks("RTV-11")},
		{Name: "soap-username-empty-ok", Summary: "takes an empty user name", Breaks: breaks("RTV-11")},
		{Name: "soap-password-not-checked", Summary: "takes any password", Breaks: breaks("RTV-11", "RTV-01", "RTV-10")},
		{Name: "soap-password-missing-ok", Summary: "needs no password", Breaks: breaks("RTV-11")},
		{Name: "soap-password-empty-ok", Summary: "takes an empty password", Breaks: breaks("RTV-11")},
		{Name: "soap-password-in-any-case", Summary: "takes the password in any case", Breaks: breaks("RTV-11")},
		{Name: "soap-company-not-checked", Summary: "takes any company number", Breaks: breaks("RTV-11")},
		{Name: "soap-company-missing-ok", Summary: "needs no company number", Breaks: breaks("RTV-11")},
		{Name: "soap-company-empty-ok", Summary: "takes an empty company number", Breaks: breaks("RTV-11")},
		{Name: "soap-store-not-checked", Summary: "takes any store number", Breaks: breaks("RTV-11")},
		{Name: "soap-store-missing-ok", Summary: "needs no store number", Breaks: breaks("RTV-11")},
		{Name: "soap-store-empty-ok", Summary: "takes an empty store number", Breaks: breaks("RTV-11")},
		{Name: "reason-leaks-token", Summary: "tells the token that was perhaps meant", Breaks: breaks("RTV-14")},
		{Name: "empty-reason-leaks-tokens", Summary: "tells a token to who has none", Breaks: breaks("RTV-14")},
		{Name: "disabled-reason-leaks-token", Summary: "tells the disabled token", Breaks: breaks("RTV-14")},
		{Name: "denial-with-stack-trace", Summary: "shows a stack trace with every denial", Breaks: breaks("RTV-14")},
		{Name: "fault-with-stack-trace", Summary: "shows a stack trace with every fault of Retail3000's", Breaks: breaks("RTV-14")},
		{Name: "xml-fault-with-stack-trace", Summary: "shows a stack trace over a body that is no XML", Breaks: breaks("RTV-14")},
		{Name: "unknown-operation-with-stack-trace", Summary: "shows a stack trace over an unknown operation", Breaks: breaks("RTV-14")},
		{Name: "missing-soap-header-with-stack-trace", Summary: "shows a stack trace over a missing SOAP header", Breaks: breaks("RTV-14")},
		{Name: "wrong-user-with-stack-trace", Summary: "shows a stack trace over wrong credentials", Breaks: breaks("RTV-14")},
		{Name: "xml-fault-shows-body", Summary: "shows a body that is no XML", Breaks: breaks("RTV-14")},
		{Name: "wrong-user-fault-shows-password", Summary: "shows the right password over a wrong one", Breaks: breaks("RTV-14")},
		{Name: "log-without-entry", Summary: "logs no call that it forwards", Breaks: breaks("RTV-18")},
		{Name: "log-skips-denied", Summary: "logs no call that it denies", Breaks: breaks("RTV-18")},
		{Name: "log-without-token-name", Summary: "does not log which token a call had", Breaks: breaks("RTV-18")},
		{Name: "log-keeps-password", Summary: "logs the password", Breaks: breaks("RTV-18")},
		{Name: "log-keeps-password-in-summary", Summary: "logs the password in the summary", Breaks: breaks("RTV-18")},
		{Name: "log-keeps-password-in-full", Summary: "logs the password in full detail", Breaks: breaks("RTV-18")},
		{Name: "log-keeps-escaped-password", Summary: "logs the password as it is escaped in XML", Breaks: breaks("RTV-18")},
	}
}
