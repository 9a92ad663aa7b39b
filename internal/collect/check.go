package collect

import (
	"context"
	"sync"

	"broadsheet/internal/newsletter"
)

// Check reads the given sources as All does, all of them and in full, says how each
// is and stores nothing.
func (c *Collector) Check(ctx context.Context, sources []newsletter.Source, done func(newsletter.SourceHealth)) error {
	seen := &onlooker{Store: c.store, health: map[string]newsletter.SourceHealth{}}
	looking := New(seen, c.client, c.now)
	return looking.All(ctx, sources, false, func(run newsletter.SourceRun) {
		health := seen.of(run.Source)
		health.Run = run
		done(health)
	})
}

// onlooker is a store that only remembers what would be written.
type onlooker struct {
	Store
	mu     sync.Mutex
	health map[string]newsletter.SourceHealth
}

func (o *onlooker) SourceState(ctx context.Context, source string) (newsletter.SourceState, error) {
	state, err := o.Store.SourceState(ctx, source)
	state.ETag, state.LastModified = "", ""
	return state, err
}

func (o *onlooker) SavePicture(context.Context, newsletter.Picture) error { return nil }

func (o *onlooker) SaveRun(_ context.Context, run *newsletter.SourceRun, state newsletter.SourceState, items []newsletter.Item) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	run.Unchanged = len(items)
	o.health[run.Source] = newsletter.SourceHealth{NextAt: state.NextAt, MovedTo: state.Memory.MovedTo, Trouble: state.Memory.Trouble}
	return nil
}

func (o *onlooker) of(source string) newsletter.SourceHealth {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.health[source]
}
