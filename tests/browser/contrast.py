"""Whether text stands out from what is behind it, by axe, which is asked about each way that text looks once.

That is most of what axe does: it took two thirds of the time of a page, light and again dark, for the same head, foot and table cells.
An answer depends on styles that the browser has computed, so texts of the same styles have the same answer, on whatever page.
Only what axe has measured and found sound is remembered, and that a text has a picture as its ground, of which it says nothing:
whatever else it could not judge, or found wanting, is judged wherever it comes.
"""

from playwright.sync_api import Page as Tab

COLOUR_RULES = ("color-contrast", "link-in-text-block")
# Every element with words of its own or a value, and what its answer depends on: the styles of it and of all around it, in turn;
# what else is painted where it is; of a link, whether words stand beside it, and what sets it apart from them, which axe compares.
_TEXTS = """async () => {
    const hash = (text) => {  // 53 bits: cyrb53
        let a = 0xdeadbeef, b = 0x41c6ce57;
        for (let at = 0; at < text.length; at++) {
            const code = text.charCodeAt(at);
            a = Math.imul(a ^ code, 2654435761);
            b = Math.imul(b ^ code, 1597334677);
        }
        a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
        b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
        return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
    };
    const NOTHING = "rgba(0, 0, 0, 0),none,none,1,static,auto,none,none,normal,true,true,none";
    const styles = new Map(), painted = [], texts = [];
    const LINK = "a[href], [role=link]", FIELD = "select, textarea, input:not([type=checkbox], [type=radio], [type=hidden], [type=range])";
    const within = (element) => [element, ...element.querySelectorAll("*")];
    const words = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const isBlock = (element) => /^(block|list-item|flex|grid|inline-block|table.*)$/.test(styles.get(element).display);
    const blocks = new Map();  // whether words stand in it beside its links
    const wordsBeside = (link) => {  // the block that they stand in; null where there are none
        if (isBlock(link)) return null;
        let block = link.parentElement;
        while (block.parentElement && !isBlock(block)) block = block.parentElement;
        if (!blocks.has(block)) blocks.set(block, [...within(block)].some((element) => words(element) && !element.closest(LINK)));
        return blocks.get(block) ? block : null;
    };
    for (const element of [document.documentElement, ...within(document.body)]) {
        const s = getComputedStyle(element);
        styles.set(element, s);
        const replaced = /^(img|svg|video|canvas|iframe|input|select|textarea|button|progress|meter)$/i.test(element.tagName);
        if (replaced || s.backgroundImage !== "none" || !/^rgba\\(.*, 0\\)$/.test(s.backgroundColor) || s.boxShadow !== "none")
            painted.push(element);
        if (words(element) || element.matches(FIELD)) texts.push(element);
    }
    const grounds = new Map();
    const groundOf = (element) => {  // what is painted by an element and those around it; most paint nothing
        if (!element) return "";
        if (!grounds.has(element)) {
            const s = styles.get(element), around = groundOf(element.parentElement);
            const paint = [s.backgroundColor, s.backgroundImage, s.boxShadow, s.opacity, s.position, s.zIndex, s.float, s.filter, s.mixBlendMode,
                s.transform === "none", s.overflow === "visible", s.textShadow].join();
            grounds.set(element, paint === NOTHING ? around : hash(around + paint));
        }
        return grounds.get(element);
    };
    const lookOf = (element) => {
        const s = styles.get(element);
        return [groundOf(element), s.color, s.fontSize, s.fontWeight, s.webkitTextStroke, s.webkitTextFillColor].join();
    };
    const clipped = new Map();  // whether it is in a box of one pixel, of which only screen readers speak
    const isClipped = (element) => {
        if (!element) return false;
        if (!clipped.has(element)) {
            const { width, height } = element.getBoundingClientRect();
            const here = width <= 1 && height <= 1 && styles.get(element).overflow === "hidden";
            clipped.set(element, here || isClipped(element.parentElement));
        }
        return clipped.get(element);
    };
    const scrolled = (element) => Boolean(element) && (element.scrollTop !== 0 || element.scrollLeft !== 0 || scrolled(element.parentElement));
    const isAway = (element) => {  // above the page or left of it, where nobody can scroll: a link that comes into view with the focus
        const { right, bottom } = element.getBoundingClientRect();
        return (right < 0 || bottom < 0) && !scrolled(element);
    };
    const isShown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length && !isAway(element);
    const places = painted.filter(isShown).map((element) => [element, element.getBoundingClientRect()]);
    const shown = texts.filter((element) => isShown(element) && !isClipped(element));
    const SET_APART = ["fontFamily", "fontStyle", "textDecorationLine", "borderStyle", "borderWidth", "borderColor"];
    const apartOf = (element) => [lookOf(element), ...SET_APART.map((name) => styles.get(element)[name])];
    axe.texts = shown.map((element) => {
        const link = element.closest(LINK), block = link && wordsBeside(link);
        return block ? { element, link, block } : { element };
    });
    return axe.texts.map(({ element, link, block }) => {
        const here = element.getBoundingClientRect();
        const behind = places.filter(([other, there]) => there.left < here.right && there.right > here.left && there.top < here.bottom
            && there.bottom > here.top && other !== element && !other.contains(element)).map(([other]) => groundOf(other));
        const apart = link ? [...apartOf(link), "|", ...apartOf(block)] : [];
        return hash([lookOf(element), ...new Set(behind), "|", ...apart].join());
    });
}"""
# What is wrong, and for which of these texts the answer is the same wherever they come: axe has measured them and found them sound by
# each rule that is about them, or they have a picture as their ground, which is a style as well and a fault in no case.
_JUDGE = """async ({ rules, which }) => {
    const texts = which.map((number) => axe.texts[number]);
    const include = texts.flatMap(({ element, link }) => link ? [element, link] : [element]);
    const options = { runOnly: rules, resultTypes: ["violations", "passes", "incomplete"], preload: false, iframes: false, selectors: false, elementRef: true };
    const found = await axe.run({ include }, options);
    const nodes = (results, id) => results.filter((one) => one.id === id).flatMap((one) => one.nodes);
    const elements = (...of) => new Set(of.flat().map((node) => node.element));
    const measured = nodes(found.passes, "color-contrast").filter((node) => node.any[0]?.data?.contrastRatio);
    const pictured = nodes(found.incomplete, "color-contrast").filter((node) => /^bg(Image|Gradient)$/.test(node.any[0]?.data?.messageKey)
        && getComputedStyle(node.element).backgroundImage !== "none");
    const contrast = elements(measured, pictured), links = elements(nodes(found.passes, "link-in-text-block"));
    return {
        faults: found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" ; ")}`),
        known: which.filter((_, at) => contrast.has(texts[at].element) && (!texts[at].link || links.has(texts[at].link))),
    };
}"""
_KNOWN: set[str] = set()  # how text looks that axe has no fault to find with, on any page of this run


def contrast_faults(tab: Tab) -> list[str]:
    """Return what axe, which the tab has, finds against the colours of the page's texts."""
    looks = tab.evaluate(_TEXTS)
    new = [number for number, look in enumerate(looks) if look not in _KNOWN]
    one_of_each = set({looks[number]: number for number in reversed(new)}.values())
    return _judge(tab, looks, sorted(one_of_each)) or _judge(
        tab, looks, [number for number in new if number not in one_of_each and looks[number] not in _KNOWN]
    )


def _judge(tab: Tab, looks: list[str], which: list[int]) -> list[str]:
    """Return what axe finds against some of the texts, and remember which need no other answer."""
    if not which:
        return []
    found = tab.evaluate(_JUDGE, {"rules": COLOUR_RULES, "which": which})
    _KNOWN.update(looks[number] for number in found["known"])
    return [str(fault) for fault in found["faults"]]
