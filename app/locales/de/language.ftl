### Der Sprachwechsel in der Fußzeile.

language-name = Deutsch
language-switch = Sprache
