package main

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/authbench/authbench/targets"
)

// shots is where the page is painted for people to look at: go test ./cmd/authbench -run Browser -shots /tmp
var shots = flag.String("shots", "", "folder for screenshots of the page")

// patience is how long a browser may take on a slow machine for what it does at once on another.
const patience = 60 * time.Second

// browser is one tab of a real browser without a window.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu      sync.Mutex
	console []string // what it complains about
}

// open starts a browser that reaches nothing but loopback, and visits a page with it.
func open(t *testing.T, address string) *browser {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		t.Fatal("there is no browser to test the page in: apt-get install -y --no-install-recommends chromium")
	}
	home, err := os.MkdirTemp("", "authbench-browser-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) }) // what the browser still writes while it ends may stay behind
	ctx, endAll := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(home, "profile")), chromedp.Env("HOME="+home),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
	)...)
	t.Cleanup(endAll)
	b := &browser{t: t}
	b.ctx, _ = chromedp.NewContext(ctx)
	t.Cleanup(func() { _ = chromedp.Cancel(b.ctx) })
	if err := chromedp.Do(b.ctx); err != nil { // it lives as long as this context
		t.Fatal(err)
	}
	messages := chromedp.Console(b.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			b.mu.Lock()
			b.console = append(b.console, m.String())
			b.mu.Unlock()
		}
	}()
	b.do("visit the page", chromedp.EmulateViewport(1280, 800), chromedp.Navigate(address))
	return b
}

func (b *browser) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("cannot %s: %v\nthe page says:\n%s", what, err, b.text("body"))
	}
}

// until waits until an expression is true.
func (b *browser) until(what, expression string) {
	b.t.Helper()
	b.do("see "+what, chromedp.Poll[chromedp.Void](expression,
		chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(patience)))
}

// shows waits until a part of the page shows a text.
func (b *browser) shows(part, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf("%q in %s", text, part), fmt.Sprintf("document.querySelector(%q)?.innerText.includes(%q)", part, text))
}

func evaluated[T any](b *browser, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

func (b *browser) text(part string) string {
	return evaluated[string](b, fmt.Sprintf("document.querySelector(%q).innerText", part))
}

func (b *browser) click(css string) {
	b.t.Helper()
	b.do("click on "+css, chromedp.Click(chromedp.CSS(css)))
}

func (b *browser) press(keys string) {
	b.t.Helper()
	b.do("press a key", chromedp.KeyEvent(keys))
}

// quiet checks that the browser had nothing to complain about, but for what is expected.
func (b *browser) quiet(expected ...string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, message := range b.console {
		if !slices.ContainsFunc(expected, func(part string) bool { return strings.Contains(message, part) }) {
			b.t.Errorf("the console says: %s", message)
		}
	}
}

// shownWithout selects each of the newest requests and looks for secrets in all that the page then holds.
func (b *browser) shownWithout(requests int, secrets targets.Credentials) {
	b.t.Helper()
	for n := range requests {
		b.click(fmt.Sprintf("#list li:nth-child(%d) button", n+1))
		b.shows("#detail .number", b.text(fmt.Sprintf("#list li:nth-child(%d) .number", n+1)))
		lookFor(b.t, "the page", evaluated[string](b, "document.documentElement.outerHTML"), secrets)
	}
}

// looks paints the page in both schemes and two widths, and checks that nothing stands over the edge.
func (b *browser) looks(name string) {
	b.t.Helper()
	for _, width := range []int64{1280, 400} {
		for _, scheme := range []string{"light", "dark"} {
			b.do("change the width", chromedp.EmulateViewport(width, 820))
			media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
			if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
				b.t.Fatal(err)
			}
			if over := evaluated[int](b, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
				b.t.Errorf("%s: the page is %d px wider than %d", name, over, width)
			}
			ground := evaluated[string](b, "getComputedStyle(document.body).backgroundColor")
			if light := strings.HasPrefix(ground, "rgb(24"); light != (scheme == "light") {
				b.t.Errorf("%s: in the %s scheme the ground is %s", name, scheme, ground)
			}
			if *shots != "" {
				b.paint(fmt.Sprintf("%s-%s-%d.png", name, scheme, width), width < 1000)
			}
		}
	}
	b.do("change the width", chromedp.EmulateViewport(1280, 800))
}

func (b *browser) paint(name string, whole bool) {
	b.t.Helper()
	action := chromedp.CaptureScreenshot()
	if whole {
		action = chromedp.FullScreenshot(100)
	}
	picture, err := chromedp.Run(b.ctx, action)
	if err == nil {
		err = os.WriteFile(filepath.Join(*shots, name), picture, 0o644)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// A person develops a client of Gillie's: each mistake shows on the page as it is made, with what would have been right.
func TestBrowserShowsMistakes(t *testing.T) {
	mocks := serve(t, 1, "mock", "gillie", "--ui", "--json")
	c, b := clientOf(t, mocks.ready[0]), open(t, mocks.ready[0].UI)
	b.shows("#live", "live")
	for _, text := range []string{"Nothing has arrived yet", mocks.ready[0].URL, "public_key", "authbench sign gillie --as curl"} {
		b.shows("#empty", text)
	}
	b.looks("empty")

	c.sends(c.sign(path), 200)
	b.shows("#list", "200 accepted")
	b.shows("#detail", "Nothing: it keeps the contract")

	salt := fmt.Sprint(time.Now().Unix())
	public, private := mocks.ready[0].Credentials["public_key"], mocks.ready[0].Credentials["private_key"]
	wrong := fmt.Sprintf("%s%s?apikey=%s&apisalt=%s&apihash=%x", mocks.ready[0].URL, path, url.QueryEscape(public), salt, sha256.Sum256([]byte(public+private+salt)))
	req, err := http.NewRequest("GET", wrong, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.sends(req, 403)
	b.shows("#list li:first-child", "403 denied")
	b.shows("#detail .wrong", "this is sha256(public+private+salt): the order of the page's prose")
	b.shows("#detail .right", "apihash=<sha256(private_key + public_key")
	b.shows("#detail", "apikey=<public_key>&apisalt="+salt+"&apihash=<hash>")

	c.raw("GET /<script>window.hurt=1</script><img/src=x/onerror=window.hurt=1>?a=<svg/onload=window.hurt=1>")
	b.shows("#list li:first-child", "<script>window.hurt=1</script>")
	b.shows("#detail", "X-Own: <img src=x onerror=window.hurt=1>")
	if evaluated[bool](b, "window.hurt !== undefined || document.querySelector('main :is(script, img, svg)') !== null") {
		t.Error("what was sent has become a part of the page")
	}
	b.looks("requests")
	c.raw("GET /" + strings.Repeat("endless", 100))
	b.shows("#list li:first-child", "#4")
	b.looks("endless")
	b.shownWithout(4, mocks.ready[0].Credentials)
	b.quiet()
}

// The clock and the faults are steered, and the mock does accordingly.
func TestBrowserSteers(t *testing.T) {
	mocks := serve(t, 1, "mock", "gillie", "--ui", "--json", "--fault", "sha1")
	c, b := clientOf(t, mocks.ready[0]), open(t, mocks.ready[0].UI)
	b.shows("#which", "On: sha1")
	b.shows("#ahead", "as this machine")
	b.click("[name=sha1]")
	b.shows("#said", "sha1 is off")

	b.click("[data-advance='11m']")
	b.shows("#ahead", "11 min ahead")
	c.sends(c.sign(path), 403)
	b.shows("#list li:first-child", "403 denied")
	b.shows("#detail .wrong", "salt")
	b.looks("steered")

	b.do("search", chromedp.SendKeys(chromedp.CSS("#search"), "never SALT gil-17"))
	b.until("one fault", "document.querySelectorAll('#switches li:not([hidden])').length == 1")
	b.click("[name=no-window]")
	b.shows("#on", "1 of ")
	c.sends(c.sign(path), 200)
	b.shows("#list li:first-child", "200 accepted")
	b.click("[name=no-window]")
	b.shows("#on", "0 of ")
	c.sends(c.sign(path), 403)

	b.click("#reset")
	b.shows("#ahead", "as this machine")
	c.sends(c.sign(path), 200)
	b.do("type a time", chromedp.SendKeys(chromedp.CSS("#by"), "-1h30m"+kb.Enter))
	b.shows("#ahead", "1 h 30 min behind")
	b.do("type no time", chromedp.SendKeys(chromedp.CSS("#by"), "soon"+kb.Enter))
	b.shows("#said", `Not done: "soon" is no time to move by: write it as 90s, 11m or -1h30m`)
	b.quiet("the server responded with a status of 400") // for what was refused
}

// Sessions are expired; and there is a tab for each mock.
func TestBrowserExpiresSessions(t *testing.T) {
	mocks := serve(t, 2, "mock", "gillie", "gestix", "--ui", "--json")
	c, b := clientOf(t, mocks.ready[1]), open(t, mocks.ready[1].UI)
	b.shows("#about", mocks.ready[0].URL)
	b.do("choose the other tab", chromedp.Focus(chromedp.CSS("[name=vendor]:checked")), chromedp.KeyEvent(kb.ArrowRight))
	b.shows("#about", mocks.ready[1].URL)
	req := c.sign("/customers")
	c.sends(req, 200)
	b.shows("#list li:first-child", "200 accepted")
	b.click("#expire")
	b.shows("#said", "1 session has expired")
	c.sends(req, 403)
	b.shows("#list li:first-child", "403 denied")
	b.shows("#detail .wrong", "session")
	token := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	credentials := targets.Credentials{"session token": token}
	maps.Copy(credentials, mocks.ready[1].Credentials)
	b.shownWithout(3, credentials)
	b.looks("sessions")
	b.quiet()
}

// All of it works without a mouse.
func TestBrowserKeyboard(t *testing.T) {
	mocks := serve(t, 1, "mock", "gillie", "--ui", "--json")
	c, b := clientOf(t, mocks.ready[0]), open(t, mocks.ready[0].UI)
	b.shows("#live", "live")
	for n := range 3 {
		c.sends(c.sign(fmt.Sprintf("%s?page=%d", path, n+1)), 200)
		b.shows("#list li:first-child", fmt.Sprintf("#%d", n+1))
	}
	tabTo := func(what, css string) {
		t.Helper()
		for range 200 {
			b.press(kb.Tab)
			if evaluated[bool](b, fmt.Sprintf("document.activeElement.matches(%q)", css)) {
				if !evaluated[bool](b, "getComputedStyle(document.activeElement).outlineStyle != 'none'") {
					t.Errorf("%s has the focus, and nothing shows it", what)
				}
				return
			}
		}
		t.Fatalf("the tab key never reaches %s", what)
	}
	tabTo("the list", "#list button")
	for _, c := range []struct{ key, shows string }{
		{kb.ArrowDown, "page=2"}, {kb.ArrowDown, "page=1"}, {kb.ArrowDown, "page=1"}, {kb.Home, "page=3"}, {kb.End, "page=1"}, {kb.ArrowUp, "page=2"},
	} {
		b.press(c.key)
		b.shows("#detail", c.shows)
	}
	c.sends(c.sign(path+"?page=4"), 200)
	b.shows("#list li:first-child", "#4")
	b.shows("#detail", "page=2") // who looks at one is not taken to another
	tabTo("a button of the clock", "[data-advance='1m']")
	b.press(kb.Enter)
	b.shows("#ahead", "1 min ahead")
	tabTo("the search", "#search")
	b.press("no-window")
	tabTo("a switch", "[role=switch][name=no-window]")
	b.press(" ")
	b.shows("#which", "On: no-window")
	unnamed := evaluated[[]string](b, `[...document.querySelectorAll("button, input")].filter((e) =>
		!(e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.[0]?.textContent.trim())).map((e) => e.outerHTML)`)
	if len(unnamed) > 0 {
		t.Errorf("no name for %s", strings.Join(unnamed, " "))
	}
	b.quiet()
}

// A page of another site that the same browser shows can neither steer nor look.
func TestBrowserKeepsOtherSitesOut(t *testing.T) {
	mocks := serve(t, 1, "mock", "gillie", "--ui", "--json")
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<title>elsewhere</title><iframe src=%s></iframe>", mocks.ready[0].UI)
	}))
	defer elsewhere.Close()
	b := open(t, elsewhere.URL)
	const order = `{"vendor":"gillie","advance":"11m"}`
	for _, kind := range []string{"text/plain", "application/json"} {
		for _, mode := range []string{"no-cors", "cors"} {
			b.until("the request end", fmt.Sprintf(`(window.tried ??= {})[%[1]q] ??= (fetch(%[2]q, {method: "POST", mode: %[3]q,
				headers: {"Content-Type": %[4]q}, body: %[5]q}).then(() => { tried[%[1]q] = 2 }, () => { tried[%[1]q] = 2 }), 0), tried[%[1]q] == 2`,
				kind+mode, mocks.ready[0].UI+"clock", mode, kind, order))
		}
	}
	b.until("the stream refused", fmt.Sprintf(`(window.stream ??= new EventSource(%q)).readyState == 2`, mocks.ready[0].UI+"events"))
	tree, err := chromedp.Call(b.ctx, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	if f := tree.FrameTree.ChildFrames; len(f) != 1 || !strings.HasPrefix(f[0].Frame.URL, "chrome-error:") {
		t.Errorf("the page is shown in a frame: %+v", f)
	}
	b.do("visit the page", chromedp.Navigate(mocks.ready[0].UI))
	b.shows("#ahead", "as this machine")
}
