// shares.js - votes as whole percents that add up to 100, as the overlay's card shows them: what rounding down leaves goes to the largest rests.

// [1, 1, 1] → [0.34, 0.33, 0.33]; without votes all are 0.
export function shares(votes) {
  const total = votes.reduce((sum, count) => sum + count, 0);
  if (!total) return votes.map(() => 0);
  const exact = votes.map((count) => (100 * count) / total), whole = exact.map(Math.floor);
  const left = 100 - whole.reduce((sum, percent) => sum + percent, 0);
  const byRest = exact.map((percent, index) => [percent - whole[index], index]).sort((a, b) => b[0] - a[0] || a[1] - b[1]);
  for (const [, index] of byRest.slice(0, left)) whole[index]++;
  return whole.map((percent) => percent / 100);
}
