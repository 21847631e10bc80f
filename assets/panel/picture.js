// picture.js - the overlay's PNGs on a canvas: the page's policy refuses data: and blob: addresses, and a canvas needs none.

// A picture to draw, of base64; null: it is none.
export async function decode(base64, type = "image/png") {
  try {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    return await createImageBitmap(new Blob([bytes], { type }));
  } catch {
    return null;
  }
}

// The newest picture of a view, for who comes when nothing changes; null: there is none.
export async function fetchPicture(view) {
  try {
    const answer = await fetch(new URL(`api/v1/preview/${encodeURIComponent(view)}`, document.baseURI), { credentials: "same-origin" });
    return answer.ok ? await createImageBitmap(await answer.blob()) : null;
  } catch {
    return null;
  }
}

export function show(canvas, bitmap) {
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
}

export function wipe(canvas) {
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
}
