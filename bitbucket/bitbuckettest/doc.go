// Package bitbuckettest is an emulator of Bitbucket Cloud: the parts of API 1.0 and 2.0 that manage who may do what.
//
// It answers with the documented shapes, codes and error texts, keeps pending invitations, seats, scopes and rate limits,
// and records every mail that Bitbucket would have sent. Where public sources contradict each other or say nothing, a
// field of Switches decides, and its zero value is the answer that is hardest on a client. A request that the published
// description would refuse is answered 400 and listed by Server.Violations.
//
// A Server is set up with its Add methods, then used over HTTP, either through Handler or on a port of its own:
//
//	server := bitbuckettest.New(bitbuckettest.Options{})
//	server.AddWorkspace(bitbuckettest.Workspace{Slug: "acme", Name: "Acme", Owner: bitbuckettest.Person{Email: "ada@acme.test"}})
//	server.AddAPIToken("ada@acme.test", "secret", "read:workspace:bitbucket")
//	if err := server.Start(); err != nil { ... }
//	defer server.Close()
//	// requests to server.URL() + "/2.0/user" with basic authentication
//
// Identifiers are made from names and addresses, so that two runs give the same answers. All methods may be called at any
// time, from any goroutine.
package bitbuckettest
