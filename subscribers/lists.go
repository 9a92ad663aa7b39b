package subscribers

import (
	"context"
	"maps"
	"regexp"
	"strings"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/subscribers/segment"
)

var listID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// CheckList returns the first thing wrong with a list.
func CheckList(l List) error {
	switch {
	case !listID.MatchString(l.ID):
		return fault.Invalidf("list id %q must be lower-case letters, digits and hyphens", l.ID)
	case l.Signup != SignupOpen && l.Signup != SignupClosed:
		return fault.Invalidf("list %s: signup must be open or closed", l.ID)
	case l.OptIn != OptInSingle && l.OptIn != OptInDouble:
		return fault.Invalidf("list %s: opt_in must be single or double", l.ID)
	case l.Basis != BasisConsent && l.Basis != BasisMandate:
		return fault.Invalidf("list %s: basis must be consent or mandate", l.ID)
	case l.Basis == BasisMandate && l.Signup == SignupOpen:
		return fault.Invalidf("list %s: who is on it by mandate is named by others, so that signup must be closed", l.ID)
	}
	return nil
}

// SyncLists makes the lists of the configuration file stand in the store.
func (s *Service) SyncLists(ctx context.Context, lists []List) error {
	known, err := s.store.Lists(ctx)
	if err != nil {
		return err
	}
	for _, list := range lists {
		list.Managed = "file"
		for _, k := range known {
			if k.ID == list.ID {
				list.ArchivedAt = k.ArchivedAt
			}
		}
		if !contains(known, list) {
			if err := s.store.PutList(ctx, list); err != nil {
				return err
			}
		}
	}
	return nil
}

func contains(lists []List, want List) bool {
	for _, l := range lists {
		if l.ID == want.ID {
			return l.Signup == want.Signup && l.OptIn == want.OptIn && l.Basis == want.Basis && l.Managed == want.Managed && maps.Equal(l.Title, want.Title)
		}
	}
	return false
}

// CreateList adds a list to the database. Ids of lists in the configuration file are refused.
func (s *Service) CreateList(ctx context.Context, list List) error {
	if err := CheckList(list); err != nil {
		return err
	}
	known, err := s.store.Lists(ctx)
	if err != nil {
		return err
	}
	for _, l := range known {
		if l.ID == list.ID {
			return fault.Conflictf("list %s exists already (managed in the %s)", l.ID, l.Managed)
		}
	}
	list.Managed = "database"
	return s.store.PutList(ctx, list)
}

// EditList changes a list of the database; one of the configuration file is changed there.
func (s *Service) EditList(ctx context.Context, list List) error {
	known, err := s.List(ctx, list.ID)
	switch {
	case err != nil:
		return err
	case known.Managed == "file":
		return fault.WithHint(fault.Conflictf("list %s is managed in the configuration file", list.ID), "change it under lists:")
	}
	if err := CheckList(list); err != nil {
		return err
	}
	list.Managed, list.ArchivedAt = known.Managed, known.ArchivedAt
	return s.store.PutList(ctx, list)
}

// ArchiveList closes a list for good: nobody joins, and nothing is sent to it.
// Its subscriptions stay as they are. Doing it twice changes nothing.
func (s *Service) ArchiveList(ctx context.Context, id string) error {
	list, err := s.List(ctx, id)
	if err != nil || !list.ArchivedAt.IsZero() {
		return err
	}
	list.ArchivedAt = s.now()
	return s.store.PutList(ctx, list)
}

// Lists returns all lists by id.
func (s *Service) Lists(ctx context.Context) ([]List, error) { return s.store.Lists(ctx) }

// List returns one list.
func (s *Service) List(ctx context.Context, id string) (List, error) {
	lists, err := s.store.Lists(ctx)
	if err != nil {
		return List{}, err
	}
	ids := make([]string, len(lists))
	for i, l := range lists {
		if l.ID == id {
			return l, nil
		}
		ids[i] = l.ID
	}
	return List{}, fault.WithHint(fault.NotFoundf("no list %q", id), "the lists are: %s", strings.Join(ids, ", "))
}

// joinable returns a list that people can be added to.
func (s *Service) joinable(ctx context.Context, id string) (List, error) {
	list, err := s.List(ctx, id)
	if err == nil && !list.ArchivedAt.IsZero() {
		err = fault.Conflictf("list %s was archived on %s", id, list.ArchivedAt.Format(time.DateOnly))
	}
	return list, err
}

// Counts returns the numbers of a list, of those whom the filter lets through.
func (s *Service) Counts(ctx context.Context, list string, where segment.Filter) (Counts, error) {
	return s.store.Counts(ctx, list, where)
}

// Growth returns what happened on a list by month (2026-03) and by what it was: confirmed, or the reason of an end.
func (s *Service) Growth(ctx context.Context, list string) (map[string]map[string]int, error) {
	return s.store.Growth(ctx, list)
}
