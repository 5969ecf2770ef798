// Package bitbuckettest is an emulator of Bitbucket Cloud: the parts of API 1.0 and 2.0, and of the Atlassian organization
// API, that manage who may do what.
//
// It answers with the documented shapes, codes and error texts, keeps pending invitations, seats, scopes and rate limits,
// and records every mail that Bitbucket would have sent. Where public sources contradict each other or say nothing, a
// field of Switches or OrganizationSwitches decides; the zero value is the answer that is hardest on a client, or for
// organizations the one that was seen. A request that the published description would refuse is answered 400 and listed by
// Server.Violations.
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
// A workspace can belong to an Atlassian organization, from the start or from Server.Move on. Then the calls of the
// organization API, below /admin, change who is in it, and Bitbucket follows after Options.OrganizationLag:
//
//	server.AddOrganization("0a1b2c3d-0000-4000-a000-000000000001", "Acme")
//	server.AddOrganizationKey("0a1b2c3d-0000-4000-a000-000000000001", "key")
//	server.Move("acme")
//
// Identifiers are made from names and addresses, so that two runs give the same answers. All methods may be called at any
// time, from any goroutine.
package bitbuckettest
