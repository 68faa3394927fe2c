package targets

import (
	"fmt"
	"strings"
)

// Template is a configuration file to begin with: every key, commented.
func Template(vendors []Vendor) string {
	var b strings.Builder
	b.WriteString("# The servers that authbench may be pointed at: authbench verify --target NAME\n")
	b.WriteString("# Secrets come from {env: NAME} or {file: PATH}; {value: \"...\"} works too, and is warned about.\n")
	b.WriteString("targets:\n")
	for _, v := range vendors {
		fmt.Fprintf(&b, "  %s-staging:                # the name is yours\n    vendor: %s\n    url: %s\n    credentials:\n",
			v.Name, v.Name, v.Example)
		for _, c := range v.Credentials {
			comment := "# "
			if c.Required {
				comment = ""
			}
			fmt.Fprintf(&b, "      %s%s: {env: %s_%s}  # %s\n", comment, c.Name, strings.ToUpper(v.Name), strings.ToUpper(c.Name), c.Help)
		}
		for _, s := range v.Settings {
			fmt.Fprintf(&b, "    # %s\n", s.Help)
			if s.Default == "" {
				fmt.Fprintf(&b, "    # %s: ...\n", s.Name)
				continue
			}
			fmt.Fprintf(&b, "    %s: %s", s.Name, s.Default)
			if s.Values != nil {
				fmt.Fprintf(&b, "  # or %s", strings.Join(s.Values[1:], ", "))
			}
			b.WriteString("\n")
		}
		b.WriteString("    paths:\n")
		for _, p := range v.Paths {
			if p.Default == "" {
				fmt.Fprintf(&b, "      # %s: /...  # %s\n", p.Name, p.Help)
				continue
			}
			fmt.Fprintf(&b, "      %s: %s  # %s\n", p.Name, p.Default, p.Help)
		}
		if v.Bodies != nil {
			b.WriteString("    # bodies:\n")
			for _, body := range v.Bodies {
				fmt.Fprintf(&b, "    #   %s: FILE  # %s\n", body.Name, body.Help)
			}
		}
		b.WriteString("    # what the owner of the server has agreed to; without a word, 5 requests per second and no load\n")
		b.WriteString("    allow: {writes: false, load: false, rate: 5/s}\n")
		b.WriteString("    # control: http://127.0.0.1:40002   # an endpoint that steers the server's clock\n")
		b.WriteString("    # tls: {ca: authorities.pem}         # or {insecure: true}\n")
	}
	return b.String()
}
