package mock

// wsdl describes the service (WSDL 1.1, document/literal), with the Retail3000AuthenticateToken bound as soap:header. The
// address is where it is to be called: the gateway's.
func wsdl(address string) []byte {
	const name = "WebserviceSecurityComponents"
	parts := []*element{wsdlTypes()}
	parts = append(parts, wsdlMessage(tokenElement, tokenElement, tokenElement))
	portType := tag("wsdl:portType", []string{"name", name + "Soap"})
	binding := tag("wsdl:binding", []string{"name", name + "Soap", "type", "tns:" + name + "Soap"},
		tag("soap:binding", []string{"transport", "http://schemas.xmlsoap.org/soap/http", "style", "document"}))
	for _, operation := range operationNames {
		in, out := operation+"SoapIn", operation+"SoapOut"
		parts = append(parts, wsdlMessage(in, "parameters", operation), wsdlMessage(out, "parameters", operation+"Response"))
		portType.children = append(portType.children, tag("wsdl:operation", []string{"name", operation},
			tag("wsdl:input", []string{"message", "tns:" + in}), tag("wsdl:output", []string{"message", "tns:" + out})))
		literal := func() *element { return tag("soap:body", []string{"use", "literal"}) }
		binding.children = append(binding.children, tag("wsdl:operation", []string{"name", operation},
			tag("soap:operation", []string{"soapAction", serviceNS + "/" + operation, "style", "document"}),
			tag("wsdl:input", nil, literal(),
				tag("soap:header", []string{"message", "tns:" + tokenElement, "part", tokenElement, "use", "literal"})),
			tag("wsdl:output", nil, literal())))
	}
	parts = append(parts, portType, binding, tag("wsdl:service", []string{"name", name},
		tag("wsdl:port", []string{"name", name + "Soap", "binding", "tns:" + name + "Soap"},
			tag("soap:address", []string{"location", address}))))
	return append([]byte(`<?xml version="1.0" encoding="utf-8"?>`+"\n"), render(tag("wsdl:definitions", []string{
		"xmlns:wsdl", "http://schemas.xmlsoap.org/wsdl/", "xmlns:soap", "http://schemas.xmlsoap.org/wsdl/soap/",
		"xmlns:s", "http://www.w3.org/2001/XMLSchema", "xmlns:tns", serviceNS, "targetNamespace", serviceNS,
	}, parts...))...)
}

func wsdlMessage(name, part, holds string) *element {
	return tag("wsdl:message", []string{"name", name}, tag("wsdl:part", []string{"name", part, "element", "tns:" + holds}))
}

// wsdlTypes is the schema: the operations, and the token with the fields that have to be there first.
func wsdlTypes() *element {
	schema := tag("s:schema", []string{"elementFormDefault", "qualified", "targetNamespace", serviceNS})
	for _, operation := range operationNames {
		schema.children = append(schema.children,
			tag("s:element", []string{"name", operation}, tag("s:complexType", nil)),
			tag("s:element", []string{"name", operation + "Response"}, tag("s:complexType", nil, tag("s:sequence", nil,
				tag("s:element", []string{"name", operation + "Result", "type", operations[operation], "minOccurs", "0"})))))
	}
	fields := tag("s:sequence", nil)
	field := func(name, least string) {
		fields.children = append(fields.children, tag("s:element", []string{"name", name, "type", "s:string", "minOccurs", least}))
	}
	for _, name := range required {
		field(name, "1")
	}
	for _, name := range []string{"ScannerNumber", "MobileDeviceNumber", "ClientIp", "LanguageCode", "ClientApplicationCode", "ClientAppVersion"} {
		field(name, "0")
	}
	schema.children = append(schema.children,
		tag("s:element", []string{"name", tokenElement, "type", "tns:" + tokenElement}),
		tag("s:complexType", []string{"name", tokenElement}, fields))
	return tag("wsdl:types", nil, schema)
}
