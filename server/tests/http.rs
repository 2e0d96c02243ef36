//! The shop over HTTP, with a database of its own and the sandbox as Stripe. One module for each subject.
