package main

import (
	"fmt"
	"strings"
	"sync/atomic"

	"broadsheet/internal/newsletter"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// A bar shows progress on a terminal and is silent elsewhere.
type bar struct {
	progress *mpb.Progress
	line     *mpb.Bar
	tally    *atomic.Pointer[newsletter.Tally]
}

func (c *cli) bar(total int) bar {
	if !terminal(c.err) || c.json {
		return bar{}
	}
	tally := &atomic.Pointer[newsletter.Tally]{}
	p := mpb.New(mpb.WithOutput(c.err), mpb.WithWidth(40))
	line := p.AddBar(int64(total), mpb.PrependDecorators(decor.Name("sending "), decor.CountersNoUnit("%d/%d")),
		mpb.AppendDecorators(decor.AverageSpeed(0, "%.0f/s"), decor.Any(func(decor.Statistics) string { return outcomes(tally.Load()) })))
	return bar{p, line, tally}
}

// outcomes says what became of the copies so far, but for what went well.
func outcomes(t *newsletter.Tally) string {
	if t == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, ", %d remaining", t.Open())
	for _, n := range []struct {
		n    int
		name string
	}{{t.Deferred, "deferred"}, {t.Rejected, "rejected"}, {t.Unknown + t.Held, "unknown or held"}, {t.Suppressed + t.Cancelled, "passed over"}} {
		if n.n > 0 {
			fmt.Fprintf(&b, ", %d %s", n.n, n.name)
		}
	}
	return b.String()
}

func (b bar) show(t newsletter.Tally) {
	if b.line != nil {
		b.tally.Store(&t)
		b.line.SetCurrent(int64(t.Audience - t.Pending - t.Attempting))
	}
}

func (b bar) end() {
	if b.line != nil {
		b.line.Abort(false)
		b.progress.Wait()
	}
}
