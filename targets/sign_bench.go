package targets

// SignBench is what a vendor gives to be signed, for who measures how fast that is and knows no vendor's rule.
type SignBench struct {
	// Message is what each signature of the bench is a digest of, or one as long: a bare SHA-256 of it is the yardstick.
	Message []byte
	// Ways are the ways in which our own signer signs.
	Ways []SignWay
	// Samples are asked of a program before it is measured: keys of all kinds, each to be signed rightly.
	Samples []SignRequest
	// Requests are what a program is measured with, again and again.
	Requests []SignRequest
	// Explain names the mistake that has probably given a wrong answer, without a secret.
	Explain func(r SignRequest, answer string) string
}

// SignWay is one way to sign. Both functions are safe for concurrent use.
type SignWay struct {
	Name string // a few words, such as per call
	// Sign makes the n-th signature and appends it to dst, with whatever belongs to it.
	Sign func(dst []byte, n uint64) []byte
	// Right says whether the n-th signature is right, by a way of computing it that is not the one measured.
	Right func(n uint64, signature []byte) bool
}

// SignRequest is one thing to be signed by a program.
type SignRequest struct {
	Comment string            // what is particular in it
	Input   map[string]string // credentials by their names in the configuration, and what else the hash is made of
	Hash    string            // the right answer
}
