// fit.js - a text as large as its box allows, in any script and at any length.

const FINE_PX = 0.5;

/*
 * Sets the node's font size to the largest at which nothing of it is cut off, between least and most (px). The node has the size of its
 * place and hides what is too much. Answers the size.
 */
export function fit(node, least, most) {
  let low = least, high = Math.max(least, most);
  const fits = (size) => {
    node.style.setProperty("font-size", `${size}px`);
    return node.scrollHeight <= node.clientHeight + 1 && node.scrollWidth <= node.clientWidth + 1;
  };
  if (fits(high)) return high;
  while (high - low > FINE_PX) {
    const middle = (low + high) / 2;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  fits(low);
  return low;
}
