"""The torture run: real workers, killed and stopped at random, against a provider that misbehaves: `./run torture`."""
