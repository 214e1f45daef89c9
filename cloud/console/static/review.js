// An item under review: what of it was looked at. Who approves it without having seen all of it is asked once more, by name
// of what is left.
const form = document.querySelector("form[data-review]");
if (form) {
  const words = form.dataset;
  const left = document.querySelector("#review [data-left]");
  const content = document.getElementById("content");
  const screen = document.querySelector("[data-tv]")?.screen;
  const unseen = new Set([...content.querySelectorAll("table tr:last-child, img, [data-end]")]);
  const videos = [...content.querySelectorAll("video")];
  /** Seconds of a video from which on it counts as seen to its end. */
  const ENDING = 2;

  const count = (selector) => [...unseen].filter((element) => element.matches(selector)).length;
  const tell = () => {
    const pages = screen && !screen.element.querySelector("img").hidden ? screen.left : 0;
    const said = [
      pages > 0 && words.tvWords.replace("{}", pages),
      count("[data-end]") && words.textWords,
      count("tr") && words.tableWords,
      count("img") && words.pictureWords.replace("{}", count("img")),
      videos.some((video) => !("seen" in video.dataset)) && words.videoWords,
    ].filter(Boolean);
    const list = said.join(document.documentElement.lang.startsWith("zh") ? "、" : ", ");
    left.textContent = list && words.leftWords + list;
    left.hidden = !list;
    if (list) words.question = words.leftWords + list + words.askWords;
    else delete words.question;
  };

  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting || (target instanceof HTMLImageElement && !target.complete)) continue;
      unseen.delete(target);
      observer.unobserve(target);
    }
    tell();
  }, { threshold: 0.5 });
  for (const element of unseen) {
    observer.observe(element);
    // One that was in sight before it was there is looked at anew.
    element.addEventListener("load", () => {
      observer.unobserve(element);
      observer.observe(element);
    });
  }
  for (const video of videos) {
    let reached = 0;
    video.addEventListener("timeupdate", () => {
      // Whoever jumps to the end has not seen what lies before it.
      if (video.currentTime - reached < ENDING) reached = Math.max(reached, video.currentTime);
      if (video.duration && reached > video.duration - ENDING) {
        video.dataset.seen = "";
        tell();
      }
    });
  }
  document.addEventListener("yuexiang:seen", tell);
  tell();
}
