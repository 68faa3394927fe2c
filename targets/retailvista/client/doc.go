// Package client calls RetailVista's Retail3000 services, with the API token that the gateway wants in an HTTP header and the
// Retail3000AuthenticateToken that the services want in the SOAP header.
//
// A Call is one SOAP 1.1 call, Call.Envelope the bytes that carry it, and ParseAnswer reads the reply.
//
// The ids in the comments are clauses of the contract: RTV- what a server promises, RTVC- what a client does.
package client
