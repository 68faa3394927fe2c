package mock

import (
	"fmt"
	"strings"
)

// right is the request that would have been right in the place of this one, secrets as their names; "" where none would
// have been, whatever was sent.
func (c *call) right(because reason, t *apiToken) string {
	switch because {
	case none, onCue, disabledToken, addressDenied, tooMuch, notReached:
		return ""
	}
	token, operation := "api_token", operationNames[0]
	if t != nil {
		token = t.name
	}
	if name := c.operation(); operations[name] != "" {
		operation = name
	}
	text := fmt.Sprintf("POST %s HTTP/1.1\nApiToken: <%s>\nContent-Type: %s\nSOAPAction: \"%s/%s\"\n", service, token, soapType, serviceNS, operation)
	if c.read && c.arrival.Facts["soap"] != factRight {
		text += "\n" + rightEnvelope(operation)
	}
	return text
}

// rightEnvelope is for a person to read: a name in angle brackets stands for what belongs there, escaped.
func rightEnvelope(operation string) string {
	return strings.NewReplacer("OPERATION", operation, "TOKEN", tokenElement, "ENVELOPE", envelopeNS, "SERVICE", serviceNS).Replace(
		`<soap:Envelope xmlns:soap="ENVELOPE">
  <soap:Header>
    <TOKEN xmlns="SERVICE">
      <Username><username></Username>
      <Password><password></Password>
      <CompanyNumber><company_number></CompanyNumber>
      <StoreNumber><store_number></StoreNumber>
    </TOKEN>
  </soap:Header>
  <soap:Body>
    <OPERATION xmlns="SERVICE"/>
  </soap:Body>
</soap:Envelope>
`)
}
