#!/usr/bin/env python3
"""What r3-sweep --sample draws, computed independently: xoshiro256** seeded by SplitMix64 (Blackman and Vigna,
https://prng.di.unimi.it), bounded by Lemire's multiplication with rejection, and selection sampling (Knuth, The Art of Computer
Programming, volume 2, 3.4.2, algorithm S) over the combinations of fast=1:20:1 and slow=1:40:1 with fast < slow.

Prints what sweep_sample.txt holds: seed, draws, and the numbers of the combinations.
"""

MASK = (1 << 64) - 1


class Random:
    def __init__(self, seed):
        self.state = []
        for _ in range(4):
            seed = (seed + 0x9E3779B97F4A7C15) & MASK
            z = seed
            z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
            z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
            self.state.append(z ^ (z >> 31))

    def next(self):
        s = self.state
        rotate = lambda value, bits: ((value << bits) | (value >> (64 - bits))) & MASK
        result = (rotate((s[1] * 5) & MASK, 7) * 9) & MASK
        t = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 45)
        return result

    def below(self, bound):
        product = self.next() * bound
        while (product & MASK) < (1 << 64) % bound:
            product = self.next() * bound
        return product >> 64


def sample(seed, draws):
    random = Random(seed)
    allowed = [f * 40 + s for f in range(20) for s in range(40) if f < s]
    taken = []
    for place, number in enumerate(allowed):
        if len(taken) == draws:
            break
        if random.below(len(allowed) - place) < draws - len(taken):
            taken.append(number)
    return taken


for seed, draws in ((1, 5), (7, 12), (123456789, 30)):
    print(seed, draws, *sample(seed, draws))
