// Finds groups by a part of their names. It shows a bounded number, so that a key is as quick with
// thousands of groups as with a few.

const SHOWN = 50;

const folded = (text) => text.normalize("NFKC").toLowerCase();

// Returns a group that can be searched; `members` is undefined where the hub does not know it.
export function searched(name, members) {
  return { name, members, text: folded(name) };
}

// Returns which groups to show, and how many `more` fit. First come those that are not chosen, of
// which those first that are the text or begin with it.
export function foundGroups(groups, text, isChosen) {
  const needle = folded(text);
  const ranks = [[], [], [], []];
  for (const group of groups) {
    if (group.text.includes(needle)) {
      const begins = group.text.startsWith(needle);
      const rank = isChosen(group.name) ? 3 : group.text === needle ? 0 : begins ? 1 : 2;
      ranks[rank].push(group);
    }
  }
  const found = ranks.flat();
  return { shown: found.slice(0, SHOWN), more: Math.max(found.length - SHOWN, 0) };
}
