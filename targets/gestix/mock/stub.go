package mock

import "github.com/authbench/authbench/targets"

type party struct{}
type taken struct{}

func Faults() []targets.Fault                                               { return nil }
func (m *Mock) openedWrongly(*session)                                      {}
func (m *Mock) takenWrongly(*call, reply) *apiToken                         { return nil }
func (m *Mock) heloRefusedWrongly(*call, *apiToken) reply                   { return reply{} }
func (m *Mock) loginValues(c *call, name string) []string                   { return c.values(name) }
func (m *Mock) loginTakenWrongly(*call, reply) bool                         { return false }
func (m *Mock) loginRefusedWrongly(*call) reply                             { return reply{} }
func (m *Mock) admittedWrongly(*call, reply) *session                       { return nil }
func (m *Mock) turnedAwayWrongly(*call, *session) reply                     { return reply{} }
func (m *Mock) givenWrongly(_ *call, given []string) []string               { return given }
func (m *Mock) missingAcceptedWrongly(*call, *session) bool                 { return false }
func (m *Mock) readWrongly(string) (int64, bool)                            { return 0, false }
func (m *Mock) unreadWrongly(int64) bool                                    { return false }
func (m *Mock) markOf(_ *call, s *session) *int64                           { return &s.mark }
func (m *Mock) greater(_ *call, _ *session, n, mark int64) bool             { return n > mark }
func (m *Mock) rejectedWrongly(_ *call, _ *session, _ int64, r reply) reply { return r }
func (m *Mock) markedWrongly(*call, *session, int64, reply)                 {}
func (m *Mock) readRefusedWrongly(*call, *session) reply                    { return reply{} }
func (m *Mock) writtenWrongly(*call, reply)                                 {}
func (m *Mock) saidWrongly(_ *call, r reply) reply                          { return r }
func (m *Mock) races() bool                                                 { return false }
func (m *Mock) race(*call, *session, int64) reply                           { return reply{} }
