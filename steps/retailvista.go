package steps

import "github.com/authbench/authbench/targets/wire"

func retailvistaVocabulary() vocabulary {
	phrases := retailvistaGivens()
	phrases = append(phrases, retailvistaWhens()...)
	phrases = append(phrases, retailvistaVerdicts()...)
	return vocabulary{
		phrases:   append(phrases, commonPhrases(noDoubt)...),
		start:     func(w *world) { w.vendor = newRetailvista(w) },
		preflight: func(w *world) ([]string, error) { return w.vendor.(*retailvista).preflight() },
	}
}

const (
	apiTokenForms = `the good one|empty|a space|three spaces|a tab|a word|an unknown GUID|the GUID of zeros|the good one, its last digit changed|` +
		`the good one, cut by its last digit|the good one with a digit more|the good one, twice in one header|the user name|` +
		`the disabled one|the one of another integration|the good one in upper case|the good one in braces|the good one without dashes`
	tokenPlaces = `the query|a cookie|the header Authorization|the header Authorization, as Bearer|the header Authorization, as Basic|` +
		`a trailer|the SOAP header|the header Retail3000AuthenticateToken of the SOAP header|the SOAPAction|the path`
	callForms = `a GET|a HEAD|a PUT|a DELETE|an OPTIONS|a method that nobody knows|to the root|to a path that does not exist|` +
		`a GET of the WSDL|without a body|with a body that is no XML|with a body of 256 KiB|in chunks|HTTP/1.0|` +
		`HTTP/1.0 with a kept connection|with Expect: 100-continue|with many other headers|without a SOAP header|` +
		`with an empty SOAP header|with an empty Retail3000AuthenticateToken|` +
		`with the Retail3000AuthenticateToken in the body instead|with a body that breaks off|for an unknown operation`
	bodyForms  = `with comments and white space|with other prefixes|with letters outside ASCII|of 256 KiB|in chunks`
	soapFields = `Username|Password|CompanyNumber|StoreNumber`
)

func retailvistaGivens() []Phrase {
	return []Phrase{
		phrase(`a good call`, "Given a good call", "the configured operation, with the good ApiToken and the good Retail3000AuthenticateToken",
			with(func(v *retailvista) error { *v = *newRetailvista(v.w); return nil })),
		phrase(`the header ApiToken is left out`, "And the header ApiToken is left out", "",
			with(func(v *retailvista) error { v.tokens = nil; return nil })),
		phrase(`the header ApiToken is (`+apiTokenForms+`)`, "And the header ApiToken is empty", "", word((*retailvista).setToken)),
		phrase(`the header ApiToken is written "([^"]*)"`, `And the header ApiToken is written "apitoken"`, "another name for it",
			word(func(v *retailvista, name string) error { v.header = name; return nil })),
		phrase(`the header ApiToken comes twice: (`+apiTokenForms+`), then (`+apiTokenForms+`)`,
			"And the header ApiToken comes twice: the good one, then an unknown GUID", "", words((*retailvista).setTwice)),
		phrase(`the token is in (`+tokenPlaces+`) instead`, "And the token is in the query instead", "the header is left out",
			word((*retailvista).moveToken)),
		phrase(`the call is (`+callForms+`)`, "And the call is a GET", "", word((*retailvista).setForm)),
		phrase(`the body is (`+bodyForms+`)`, "And the body is in chunks", "the same call, written in another way", word((*retailvista).setBody)),
		phrase(`the SOAP header's (`+soapFields+`) is (wrong|missing|empty|in another case)`, "And the SOAP header's Password is wrong", "",
			words((*retailvista).setField)),
		phrase(`the traffic log keeps (the summary|full detail)`, "And the traffic log keeps full detail", "needs a control endpoint",
			word((*retailvista).setDetail)),
	}
}

func retailvistaWhens() []Phrase {
	return []Phrase{
		phrase(`the call is made`, "When the call is made", "on a connection of its own", with((*retailvista).call)),
		phrase(`the call is made (\d+) times`, "When the call is made 60 times", "as fast as it is answered",
			word((*retailvista).callOften)),
		phrase(`the call is made on a connection that a good call has used`, "When the call is made on a connection that a good call has used",
			"untested where the target closes the connection", with((*retailvista).callKept)),
		phrase(`the call is pipelined behind a good call`, "When the call is pipelined behind a good call", "both are sent at once",
			with((*retailvista).callPipelined)),
		phrase(`the call is made from the forbidden address`, "When the call is made from the forbidden address", "needs forbidden_source",
			with((*retailvista).callFromElsewhere)),
		phrase(`the token is disabled`, "When the token is disabled", "needs a control endpoint", with((*retailvista).disable)),
		phrase(`calls to an existing and to a missing path are made in turn`,
			"When calls to an existing and to a missing path are made in turn", "", with((*retailvista).callInTurn)),
	}
}

func retailvistaVerdicts() []Phrase {
	last := func(judge func(wire.Exchange) check) func(*world) any {
		return with(func(v *retailvista) error { return v.judge(judge) })
	}
	return []Phrase{
		phrase(`it meets silence`, "Then it meets silence", "not one byte came back; a good call before and after proves the gateway alive",
			with((*retailvista).silent)),
		phrase(`it is denied with a reason`, "Then it is denied with a reason",
			"a 4xx reply or a SOAP fault, with a text that a person can read", last(judgeExplained)),
		phrase(`it succeeds`, "Then it succeeds", "200, and the result that the operation gives to those who may call it",
			with(func(v *retailvista) error { return v.judge(v.judgeSuccess) })),
		phrase(`it does not succeed`, "Then it does not succeed", "a denial, a refusal or silence",
			with((*retailvista).noSuccess)),
		phrase(`Retail3000 refuses it`, "Then Retail3000 refuses it", "a SOAP fault, or a result that is no success",
			with(func(v *retailvista) error { return v.judge(v.judgeRefusal) })),
		phrase(`the good call is answered`, "Then the good call is answered", "the one before it on the connection",
			with((*retailvista).goodAnswered)),
		phrase(`Retail3000 saw it once, byte for byte`, "Then Retail3000 saw it once, byte for byte", "as the control endpoint shows it; without one the reply is the proof",
			with(func(v *retailvista) error { return v.seenUpstream(1) })),
		phrase(`Retail3000 saw nothing of it`, "Then Retail3000 saw nothing of it", "needs a control endpoint that shows it",
			with(func(v *retailvista) error { return v.seenUpstream(0) })),
		phrase(`neither gets a byte, and no time tells them apart`, "Then neither gets a byte, and no time tells them apart",
			"by a rank test, whose error probability is told", with((*retailvista).untold)),
		phrase(`the reply keeps the secrets, and shows no stack trace`, "Then the reply keeps the secrets, and shows no stack trace", "",
			with((*retailvista).keepsSecrets)),
		phrase(`the log of the token has it`, "Then the log of the token has it", "needs a control endpoint", with((*retailvista).logged)),
		phrase(`the log shows no password`, "Then the log shows no password", "and no token, in any encoding", with((*retailvista).logKeepsSecrets)),
		phrase(`the end of the silence is reported`, "Then the end of the silence is reported", "never fails", with((*retailvista).reportSilence)),
		phrase(`it is reported how many were answered`, "Then it is reported how many were answered", "never fails",
			with((*retailvista).reportOften)),
	}
}
