/** What kind of place a visit came from. */
export type ReferrerKind = 'search' | 'social' | 'ai' | 'email' | 'video' | 'shopping';

export interface Referrer {
  readonly name: string;
  readonly kind: ReferrerKind;
  /** Parameters of the referring URL that hold the search words, where the engine still sends them. */
  readonly words: readonly string[];
}

/**
 * name: hosts, and the parameters of the search words after a `?`. `google.*` stands for every country's top-level domain,
 * `.reddit.com` for the host and everything below it, `.amazon.*` for both. A host with a path (`bing.com/chat`) is tried before the host alone.
 */
const search: Readonly<Record<string, string>> = {
  Google:
    'google.* images.google.com news.google.com android-app:com.google.android.googlequicksearchbox ?q,query',
  Bing: '.bing.com ?q',
  'Yahoo!': '.search.yahoo.com search.yahoo.co.jp yahoo.com yahoo.co.jp ?p,q',
  DuckDuckGo: '.duckduckgo.com .duck.com android-app:com.duckduckgo.mobile.android ?q',
  Yandex: 'yandex.* ya.ru ?text,q',
  Baidu: '.baidu.com ?wd,word,kw',
  Ecosia: '.ecosia.org ?q',
  Brave: 'search.brave.com ?q',
  Qwant: '.qwant.com ?q',
  Startpage: '.startpage.com .startpage.eu ?query',
  Naver: 'search.naver.com m.search.naver.com naver.com m.naver.com ?query',
  Daum: 'search.daum.net daum.net m.daum.net ?q',
  Seznam: 'search.seznam.cz seznam.cz ?q',
  Sogou: '.sogou.com ?query,keyword',
  '360 Search': '.so.com .haosou.com ?q',
  Shenma: '.sm.cn ?q',
  Kagi: '.kagi.com ?q',
  Mojeek: '.mojeek.com ?q',
  Swisscows: '.swisscows.com .swisscows.ch ?query',
  Presearch: '.presearch.com .presearch.org ?q',
  Metager: '.metager.org .metager.de ?eingabe',
  'AOL Search': 'search.aol.com search.aol.co.uk ?q,query',
  Ask: '.ask.com .search.ask.com ?q',
  Dogpile: '.dogpile.com ?q',
  Rambler: '.rambler.ru ?query',
  'Mail.ru Search': 'go.mail.ru ?q',
  'T-Online': 'suche.t-online.de ?q',
  'Web.de Search': 'suche.web.de ?su,q',
  'GMX Search': 'search.gmx.net search.gmx.com suche.gmx.net ?q,su',
  Lycos: 'search.lycos.com ?q',
  Gibiru: '.gibiru.com ?q',
  Searx: '.searx.be .searx.me .searx.space ?q',
  'Coc Coc': '.coccoc.com ?query',
  Petal: '.petalsearch.com ?query',
  'You.com Search': 'search.you.com ?q',
  Marginalia: 'search.marginalia.nu .marginalia-search.com ?query',
  Lilo: 'search.lilo.org ?q',
  Exalead: '.exalead.com ?q',
};

const social: Readonly<Record<string, string>> = {
  Facebook: '.facebook.com .fb.com .fb.me android-app:com.facebook.katana',
  Messenger: '.messenger.com .m.me android-app:com.facebook.orca',
  Instagram: '.instagram.com android-app:com.instagram.android',
  Threads: '.threads.net .threads.com',
  X: '.twitter.com .x.com t.co android-app:com.twitter.android',
  LinkedIn: '.linkedin.com .lnkd.in android-app:com.linkedin.android',
  Reddit: '.reddit.com .redd.it android-app:com.reddit.frontpage',
  Pinterest: '.pinterest.* .pin.it android-app:com.pinterest',
  TikTok: '.tiktok.com android-app:com.zhiliaoapp.musically',
  Snapchat: '.snapchat.com',
  WhatsApp: '.whatsapp.com .wa.me android-app:com.whatsapp',
  Telegram: '.telegram.org .t.me .telegram.me web.telegram.org android-app:org.telegram.messenger',
  Discord: '.discord.com .discord.gg .discordapp.com',
  Slack: '.slack.com app.slack.com android-app:com.slack',
  Bluesky: '.bsky.app go.bsky.app',
  Mastodon:
    '.mastodon.social .mastodon.online .mstdn.social .mas.to .fosstodon.org .hachyderm.io .infosec.exchange .chaos.social',
  'Hacker News': 'news.ycombinator.com hckrnews.com',
  Lobsters: '.lobste.rs',
  'Product Hunt': '.producthunt.com',
  'Indie Hackers': '.indiehackers.com',
  'Stack Overflow': '.stackoverflow.com .stackexchange.com .superuser.com .serverfault.com',
  Quora: '.quora.com',
  Medium: '.medium.com',
  'Dev.to': '.dev.to',
  Substack: '.substack.com',
  Tumblr: '.tumblr.com',
  VK: '.vk.com .vk.ru away.vk.com',
  Odnoklassniki: '.ok.ru',
  Weibo: '.weibo.com .weibo.cn t.cn',
  WeChat: '.weixin.qq.com .wechat.com',
  QQ: '.qq.com',
  Zhihu: '.zhihu.com',
  Douban: '.douban.com',
  Xiaohongshu: '.xiaohongshu.com',
  Line: '.line.me',
  KakaoTalk: '.kakao.com',
  Hatena: 'b.hatena.ne.jp',
  note: 'note.com',
  Xing: '.xing.com',
  Flipboard: '.flipboard.com',
  Pocket: '.getpocket.com',
  Instapaper: '.instapaper.com',
  Digg: '.digg.com',
  Slashdot: '.slashdot.org',
  Nextdoor: '.nextdoor.com',
  Lemmy: '.lemmy.world .lemmy.ml',
  Gab: '.gab.com',
  'Truth Social': '.truthsocial.com',
  Buffer: '.buffer.com',
  Hootsuite: '.ow.ly .hootsuite.com',
  Linktree: '.linktr.ee',
  'Microsoft Teams': 'teams.microsoft.com teams.live.com statics.teams.cdn.office.net',
};

const ai: Readonly<Record<string, string>> = {
  ChatGPT: '.chatgpt.com chat.openai.com android-app:com.openai.chatgpt',
  Claude: '.claude.ai android-app:com.anthropic.claude',
  Gemini: 'gemini.google.com bard.google.com',
  'Google AI Studio': 'aistudio.google.com notebooklm.google.com',
  Perplexity: '.perplexity.ai android-app:ai.perplexity.app.android',
  Copilot:
    'copilot.microsoft.com copilot.cloud.microsoft m365.cloud.microsoft bing.com/chat edgeservices.bing.com',
  'GitHub Copilot': 'github.com/copilot',
  DeepSeek: '.deepseek.com',
  Grok: '.grok.com x.com/i/grok grok.x.ai',
  'Meta AI': '.meta.ai',
  Mistral: 'chat.mistral.ai',
  'You.com': '.you.com',
  Poe: '.poe.com',
  Phind: '.phind.com',
  Pi: 'pi.ai',
  Kimi: '.kimi.com kimi.moonshot.cn',
  Qwen: 'chat.qwen.ai chat.qwenlm.ai tongyi.aliyun.com',
  Doubao: '.doubao.com',
  'Character.AI': '.character.ai',
  HuggingChat: 'huggingface.co/chat',
  'Duck.ai': 'duck.ai duckduckgo.com/chat',
  'Kagi Assistant': 'kagi.com/assistant',
  Genspark: '.genspark.ai',
  Felo: '.felo.ai',
  iAsk: '.iask.ai',
  Andi: '.andisearch.com',
  Komo: '.komo.ai',
  Consensus: '.consensus.app',
  Manus: '.manus.im',
};

const email: Readonly<Record<string, string>> = {
  Gmail: 'mail.google.com inbox.google.com android-app:com.google.android.gm',
  Outlook: 'outlook.live.com outlook.office.com outlook.office365.com mail.live.com .outlook.com',
  'Yahoo! Mail': 'mail.yahoo.com mail.yahoo.co.jp mail.yahoo.net',
  'Proton Mail': 'mail.proton.me mail.protonmail.com',
  'iCloud Mail': 'www.icloud.com/mail icloud.com/mail',
  Fastmail: '.fastmail.com',
  'AOL Mail': 'mail.aol.com',
  GMX: '.gmx.net .gmx.de .gmx.com .gmx.at .gmx.ch',
  'Web.de': '.web.de',
  'Zoho Mail': 'mail.zoho.com mail.zoho.eu',
  'Yandex Mail': 'mail.yandex.ru mail.yandex.com',
  'Mail.ru': 'e.mail.ru',
  'QQ Mail': 'mail.qq.com exmail.qq.com',
  'NetEase Mail': 'mail.163.com mail.126.com',
  'Naver Mail': 'mail.naver.com',
  'T-Online Mail': 'email.t-online.de',
  'Orange Mail': 'mail.orange.fr messagerie.orange.fr',
  Seznam: 'email.seznam.cz',
  HEY: 'app.hey.com',
  Superhuman: 'mail.superhuman.com',
  Mailchimp: '.list-manage.com .mailchi.mp .campaign-archive.com',
  Comcast: 'mail.xfinity.com connect.xfinity.com',
};

const video: Readonly<Record<string, string>> = {
  YouTube: '.youtube.com .youtu.be .youtube-nocookie.com android-app:com.google.android.youtube',
  Vimeo: '.vimeo.com',
  Twitch: '.twitch.tv',
  Dailymotion: '.dailymotion.com',
  Bilibili: '.bilibili.com',
  Niconico: '.nicovideo.jp',
  Loom: '.loom.com',
  Wistia: '.wistia.com .wistia.net',
  Rumble: '.rumble.com',
  Kick: '.kick.com',
  Netflix: '.netflix.com',
};

const shopping: Readonly<Record<string, string>> = {
  Amazon: '.amazon.*',
  eBay: '.ebay.*',
  Etsy: '.etsy.com',
  Alibaba: '.alibaba.com .aliexpress.com',
  Walmart: '.walmart.com',
  Idealo: '.idealo.de .idealo.co.uk .idealo.fr',
  'Google Shopping': 'shopping.google.com',
  Shopify: 'shop.app',
};

interface Index {
  readonly exact: ReadonlyMap<string, Referrer>;
  /** `google` or `.amazon` → the referrer, for every top-level domain. */
  readonly families: ReadonlyMap<string, Referrer>;
}

const index = buildIndex({ search, social, ai, email, video, shopping });

function buildIndex(lists: Readonly<Record<ReferrerKind, Readonly<Record<string, string>>>>): Index {
  const exact = new Map<string, Referrer>();
  const families = new Map<string, Referrer>();
  for (const [kind, list] of Object.entries(lists) as [ReferrerKind, Record<string, string>][]) {
    for (const [name, text] of Object.entries(list)) {
      const [hosts = '', words = ''] = text.split(' ?');
      const referrer: Referrer = { name, kind, words: words === '' ? [] : words.split(',') };
      for (const host of hosts.split(' ')) {
        if (host.endsWith('.*')) families.set(host.slice(0, -2), referrer);
        else exact.set(host, referrer);
      }
    }
  }
  return { exact, families };
}

/** Who a referring host is, if anybody known: the most particular entry wins. `path` is the path of the referring URL. */
export function knownReferrer(host: string, path: string): Referrer | undefined {
  const { exact, families } = index;
  const segments = path.split('/', 3);
  if (segments[1]) {
    const deep =
      exact.get(`${host}/${segments[1]}`) ?? exact.get(`${host}/${segments[1]}/${segments[2] ?? ''}`);
    if (deep) return deep;
  }
  const whole = exact.get(host);
  if (whole) return whole;
  for (let rest = host; rest.includes('.'); rest = rest.slice(rest.indexOf('.') + 1)) {
    const below = exact.get(`.${rest}`);
    if (below) return below;
  }
  // The name before a top-level domain of one or two short labels: `google.de`, `google.co.uk`, `smile.amazon.com`.
  const name = host.replace(/\.(?:com?\.[a-z]{2}|[a-z]{2,3})$/, '');
  return families.get(name) ?? families.get(`.${name.slice(name.lastIndexOf('.') + 1)}`);
}

/** Sign-in and payment pages that send the visitor back: the visit did not come from there. */
const passages = new Set(
  `accounts.google.com accounts.youtube.com login.microsoftonline.com login.live.com login.windows.net appleid.apple.com
   checkout.stripe.com hooks.stripe.com billing.stripe.com pay.stripe.com paypal.com secure.paypal.com checkout.paypal.com
   checkout.shopify.com shop.app/pay pay.google.com klarna.com pay.klarna.com adyen.com checkoutshopper-live.adyen.com paddle.com
   buy.paddle.com secure.worldpay.com github.com/login gitlab.com/oauth facebook.com/dialog linkedin.com/oauth`.split(
    /\s+/,
  ),
);
const passageSites = [
  '.auth0.com',
  '.okta.com',
  '.onelogin.com',
  '.clerk.accounts.dev',
  '.amazoncognito.com',
  '.b2clogin.com',
  '.3dsecure.io',
];

export function isPassage(host: string, path: string): boolean {
  return (
    passages.has(host) ||
    passages.has(`${host}/${path.split('/', 2)[1] ?? ''}`) ||
    passageSites.some((site) => host.endsWith(site))
  );
}
