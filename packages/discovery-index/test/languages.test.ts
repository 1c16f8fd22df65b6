import { buildIndex, search } from "@mcp-flowgate/discovery-index";
import { expect, test } from "vitest";
import { tool } from "./entries.ts";

/** Twenty everyday tools, described in English. */
const ENGLISH = [
  tool("delete_directory", "delete_directory", "fs", "Delete a directory and everything in it."),
  tool("read_file", "read_file", "fs", "Read the contents of a file."),
  tool("write_file", "write_file", "fs", "Write text to a file."),
  tool("search_files", "search_files", "fs", "Find files whose names match a pattern."),
  tool("get_weather", "get_weather", "weather", "Current weather and forecast for a place."),
  tool("send_email", "send_email", "mail", "Send an email message."),
  tool("translate_text", "translate_text", "lang", "Translate text from one language into another."),
  tool("search_flights", "search_flights", "travel", "Search for flights between two airports."),
  tool("book_hotel", "book_hotel", "travel", "Book a hotel room."),
  tool("get_stock_price", "get_stock_price", "finance", "Latest price of a stock."),
  tool(
    "convert_currency",
    "convert_currency",
    "finance",
    "Convert an amount between currencies at today's rate.",
  ),
  tool("create_calendar_event", "create_calendar_event", "calendar", "Create an event in the calendar."),
  tool("take_screenshot", "take_screenshot", "browser", "Take a screenshot of a web page."),
  tool("execute_sql", "execute_sql", "db", "Run a SQL query against the database."),
  tool("resize_image", "resize_image", "media", "Resize or crop an image."),
  tool("find_recipe", "find_recipe", "food", "Find a recipe by its ingredients."),
  tool("get_news", "get_news", "news", "Latest news headlines."),
  tool("play_music", "play_music", "media", "Play a song or playlist."),
  tool("get_directions", "get_directions", "maps", "Driving directions and distance between two places."),
  tool("list_branches", "list_branches", "git", "List the branches of a repository."),
];

/** Requests in other languages, written for this test, with the tool each wants. */
const REQUESTS: readonly (readonly [language: string, query: string, id: string])[] = [
  ["zh", "删除一个文件夹", "delete_directory"],
  ["zh", "明天北京的天气怎么样", "get_weather"],
  ["zh", "把这段话翻译成英文", "translate_text"],
  ["zh", "查询苹果公司的股价", "get_stock_price"],
  ["zh", "给网页截图", "take_screenshot"],
  ["zh", "帮我找一个菜谱", "find_recipe"],
  ["zh", "发送一封邮件给经理", "send_email"],
  ["zh", "今天的新闻头条", "get_news"],
  ["ja", "ファイルを読み込む", "read_file"],
  ["ja", "明日の天気を教えて", "get_weather"],
  ["ja", "ホテルを予約したい", "book_hotel"],
  ["ja", "この文章を翻訳して", "translate_text"],
  ["ja", "画像のサイズを変更", "resize_image"],
  ["ko", "파일을 읽어줘", "read_file"],
  ["ko", "내일 날씨 알려줘", "get_weather"],
  ["ko", "이메일을 보내줘", "send_email"],
  ["ko", "음악 재생", "play_music"],
  ["es", "eliminar una carpeta", "delete_directory"],
  ["es", "buscar vuelos a Madrid", "search_flights"],
  ["es", "¿qué tiempo hará mañana? pronóstico de lluvia", "get_weather"],
  ["es", "crear un evento en el calendario", "create_calendar_event"],
  ["es", "convertir euros a otra moneda", "convert_currency"],
  ["pt", "excluir um diretório", "delete_directory"],
  ["pt", "enviar um e-mail", "send_email"],
  ["pt", "traduzir um texto para inglês", "translate_text"],
  ["fr", "supprimer un dossier", "delete_directory"],
  ["fr", "chercher un vol pour Rome, aéroport de Paris", "search_flights"],
  ["fr", "réserver un hôtel", "book_hotel"],
  ["fr", "les dernières actualités", "get_news"],
  ["fr", "trouver une recette de cuisine", "find_recipe"],
  ["de", "ein Verzeichnis löschen", "delete_directory"],
  ["de", "Wettervorhersage für Berlin", "get_weather"],
  ["de", "eine Nachricht per E-Mail senden", "send_email"],
  ["de", "Text ins Englische übersetzen", "translate_text"],
  ["de", "aktueller Kurs einer Aktie", "get_stock_price"],
  ["de", "Bildschirmfoto einer Webseite", "take_screenshot"],
  ["it", "cancellare una cartella", "delete_directory"],
  ["it", "cercare una ricetta", "find_recipe"],
  ["it", "ultime notizie", "get_news"],
  ["ru", "удалить папку", "delete_directory"],
  ["ru", "погода в Москве завтра", "get_weather"],
  ["ru", "отправить письмо", "send_email"],
  ["ru", "перевести текст на английский", "translate_text"],
  ["ru", "найти рецепт", "find_recipe"],
];

const first = (query: string): string | undefined =>
  search(buildIndex(ENGLISH), { query, limit: 1 }).hits[0]?.id;

test("most requests in nine other languages find the tool that is described in English", () => {
  const missed = REQUESTS.filter(([, query, id]) => first(query) !== id);
  expect(missed.map(([language, query]) => `${language}: ${query}`)).toMatchInlineSnapshot(`
    [
      "zh: 查询苹果公司的股价",
      "ja: この文章を翻訳して",
    ]
  `);
  expect(missed.length / REQUESTS.length).toBeLessThan(0.1);
});

test("English requests find tools that are described in another language", () => {
  const chinese = buildIndex([
    tool("a", "t1", "s", "根据关键词搜索新闻"),
    tool("b", "t2", "s", "查询指定日期的火车票"),
    tool("c", "t3", "s", "获取城市的天气预报"),
    tool("d", "t4", "s", "删除数据库中的记录"),
  ]);
  const found = [
    "search for news",
    "train tickets",
    "weather forecast",
    "delete a record from the database",
  ].map((query) => search(chinese, { query, limit: 1 }).hits[0]?.id);
  expect(found).toEqual(["a", "b", "c", "d"]);
});

test("text in a language is found by text in that language, whatever its script", () => {
  const index = buildIndex([
    tool("th", "t1", "s", "ค้นหาร้านอาหาร"),
    tool("ar", "t2", "s", "احجز موعدا مع الطبيب"),
    tool("hi", "t3", "s", "मौसम की जानकारी"),
    tool("el", "t4", "s", "Μετάφραση κειμένου"),
    tool("ja", "t5", "s", "電車の時刻表"),
  ]);
  const found = ["ร้านอาหาร", "موعدا الطبيب", "मौसम", "μεταφραση", "時刻表"].map(
    (query) => search(index, { query, limit: 1 }).hits[0]?.id,
  );
  expect(found).toEqual(["th", "ar", "hi", "el", "ja"]);
});
