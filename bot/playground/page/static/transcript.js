/** A channel or thread as Markdown, on the clipboard. */

import { copy } from "./message_acts.js";
import { get } from "./net.js";
import { store, toast, toastError } from "./state.js";

/** Copy the open channel, or one thread of it, as the acting person sees it. */
export async function copyTranscript(channel = store.channel, ts = null) {
  if (!channel) {
    toast("Open a channel first: the Home tab has no transcript.");
    return;
  }
  try {
    const text = await get("/api/transcript", { channel, user: store.me, ts });
    await copy(text, ts ? "Thread copied as Markdown." : "Transcript copied as Markdown.");
  } catch (error) {
    toastError(error);
  }
}
