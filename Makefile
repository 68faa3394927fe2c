# make demo: what authbench does, on its own mocks.  make test: everything that has to hold.
GO ?= go

.PHONY: build demo test test-toolkits bench clean

build:
	@mkdir -p bin
	$(GO) build -o bin/authbench ./cmd/authbench

demo: build
	bin/authbench verify
	bin/authbench mutants
	bin/authbench load gillie-sign --rate 200/s --duration 3s
	bin/authbench load gestix-session --session-lifetime 1s --rate 200/s --duration 3s
	bin/authbench load retailvista-gate --rate 200/s --duration 3s

test: build
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
# The page of a watched mock is tested in Debian's chromium; without it the tests fail, and say what to install.
# The race detector makes all slower: under it the proofs take a sample, and are whole without it: every fault caught by
# exactly its clauses, every scenario reddened, none of 20 legal variations of each vendor accused; make demo tries 50.
# The command is tried as it is typed, which is mostly the work of other processes: it goes beside, without the detector.
	@$(GO) test -timeout 480s ./cmd/authbench & command=$$!; \
		$(GO) test -race -short -timeout 480s $$($(GO) list ./... | grep -v /cmd/authbench); race=$$?; \
		wait $$command && exit $$race
	$(GO) test -timeout 480s ./steps

# Needs Debian's python3-zeep, a SOAP toolkit that is not ours; CI installs it.
test-toolkits:
	$(GO) test -count=1 -tags toolkits ./targets/retailvista/toolkit

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

clean:
	rm -rf bin
