// Package staff owns the team: who they are, what each may do, and the log of
// what they did. People come from the configuration; there are no accounts yet.
package staff

import (
	"slices"
	"strings"
	"time"

	"broadsheet/internal/fault"
)

// Role is what a person may do.
type Role string

const (
	Reader   Role = "reader"
	Editor   Role = "editor"
	Approver Role = "approver"
	Admin    Role = "admin"
)

// Person is one of the team.
type Person struct {
	Name      string
	Email     string
	Roles     []Role
	Languages []string
	Until     time.Time // the last day; zero means no end
}

// Team is everybody.
type Team []Person

// Named returns the person with an address who is on the team at an instant.
func (t Team) Named(email string, now time.Time) (Person, error) {
	for _, p := range t {
		if strings.EqualFold(p.Email, strings.TrimSpace(email)) && p.active(now) {
			return p, nil
		}
	}
	return Person{}, fault.WithHint(fault.Forbiddenf("%s is not on the team", email), "the team stands under team: in the configuration")
}

// With returns everybody who has a role at an instant.
func (t Team) With(role Role, now time.Time) []Person {
	var out []Person
	for _, p := range t {
		if p.active(now) && p.Has(role) {
			out = append(out, p)
		}
	}
	return out
}

func (p Person) active(now time.Time) bool {
	return p.Until.IsZero() || now.Before(p.Until.AddDate(0, 0, 1))
}

// Has reports whether a person has a role; an admin edits but does not approve by being admin.
func (p Person) Has(role Role) bool {
	return slices.Contains(p.Roles, role) || role != Approver && slices.Contains(p.Roles, Admin) || role == Reader
}

// AuditEntry is one thing a person did.
type AuditEntry struct {
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"`   // an address of the team, or "schedule"
	Action  string    `json:"action"`  // composed, edited, submitted, approved, returned, sent
	Subject string    `json:"subject"` // publication/number
	Detail  string    `json:"detail,omitempty"`
}
