/**
 * Qualities, quantities and the narrower trades, one concept a line, in the same form as the action words and
 * written the same way.
 */
export const TRADE_WORDS = `
nearby near nearest closest around proximity radius surrounding vicinity 附近 周边 周围 近く 周辺 근처 주변 cerca cercano perto proximo proche nahe umgebung vicino рядом поблизости
status state condition health uptime progress 状态 状況 状態 상태 estado statut etat zustand stato статус состояние
available availability free vacancy vacant slot slots 空闲 可用 余票 空き 利用可能 빈 disponible disponibilidad disponivel disponible verfugbar verfugbarkeit disponibile доступность
guide tutorial howto instruction instructions documentation docs manual walkthrough handbook 教程 指南 攻略 文档 说明 ガイド 手順 マニュアル 안내 가이드 설명서 guia manual documentacion tutorial anleitung dokumentation handbuch guida руководство документация
tip tips advice hint recommendation suggestion counsel guidance 建议 技巧 ヒント アドバイス 조언 팁 consejo conselho dica conseil tipp rat consiglio совет
category genre type kind class classification topic group 类别 分类 类型 种类 カテゴリ 種類 ジャンル 종류 카테고리 분류 categoria tipo genero categorie typ kategorie tipo категория тип жанр
label tag annotate mark marker 标签 标记 ラベル タグ 라벨 태그 etiqueta etiquette etikett etichetta метка тег
attraction attractions landmark sightseeing poi monument tourist 景点 名胜 観光地 名所 명소 관광지 atraccion atracao attraction sehenswurdigkeit attrazione достопримечательность
lowest minimum cheapest least min smallest 最低 最小 最安 최저 최소 minimo minimum menor niedrigste minimo минимум
highest maximum most max largest best top 最高 最大 最多 최고 최대 maximo maior maximum hochste massimo максимум
latest recent newest current fresh 最近 最新 近期 新着 최근 reciente ultimo recente recent neueste aktuell recente последний свежий текущий
upcoming future next scheduled 未来 即将 今後 次 예정 다음 proximo futuro prochain kommend zukunft prossimo будущий следующий
past previous historical earlier former last 过去 以往 过往 過去 과거 pasado anterior passado passe vergangen passato прошлый
whole entire full complete all everything 全部 所有 完整 すべて 全体 전체 모두 todo todos completo tudo tout tous ganze alle tutto tutti все весь полный
multiple several many batch bulk simultaneously 批量 多个 一括 複数 여러 일괄 multiples lote varios plusieurs mehrere stapel multipli несколько пакет
random shuffle dice arbitrary 随机 ランダム 무작위 aleatorio aleatoire zufallig casuale случайный
tree nested hierarchy hierarchical structure recursive subfolder subdirectory layout 树 结构 层级 ツリー 階層 構造 트리 구조 arbol estructura arvore arbre structure baum struktur albero дерево структура
schema structure column definition describe fields types 结构 模式 スキーマ 스키마 esquema schema
modified changed dirty staged untracked pending unsaved status 
pattern glob regex wildcard match grep expression 模式 正则 匹配 パターン 正規表現 패턴 정규식 patron padrao motif muster modello шаблон
head beginning top first tail end last
allowed permitted accessible authorized
thought thinking reasoning reason think reflect step stepwise sequential deliberate 思考 推理 推論 생각 추론 pensamiento razonamiento pensar raciocinio pensee raisonnement denken ragionamento мышление рассуждение
technology tech software hardware innovation digital 科技 技术 技術 テクノロジー 기술 tecnologia technologie technik технология
online internet web google bing duckduckgo search engine 上网 联网 互联网 ネット 인터넷 linea internet
ranking rank leaderboard standings top chart position league 排名 排行 榜 ランキング 順位 순위 랭킹 clasificacion ranking classificacao classement rangliste tabelle classifica рейтинг
biography celebrity famous person actor actress who born 名人 演员 明星 有名人 俳優 유명인 배우 famoso actor celebridade acteur celebrite schauspieler attore знаменитость актер
sunrise sunset moon daylight 日出 日落 日の出
shorten shortener short tinyurl bitly 短链 短縮 단축 acortar encurtar raccourcir kurzen accorciare сократить
temporary disposable throwaway temp 临时 一時的 임시 temporal temporario temporaire temporar temporaneo временный
spam fraud scam fake suspicious abuse 诈骗 垃圾 詐欺 사기 fraude estafa fraude betrug frode мошенничество
sentiment emotion mood feeling tone opinion 情感 情绪 感情 감정 sentimiento emocion sentimento emocao sentiment stimmung emozione настроение эмоция
ocr scan text recognition scanned 文字识别 扫描 読み取り 스캔 escanear numeriser scannen сканировать
face facial portrait person 人脸 面部 顔 얼굴 rostro cara visage gesicht viso лицо
background watermark removal cutout transparent 背景 抠图 水印 배경 fondo hintergrund sfondo фон
thumbnail preview cover 缩略图 封面 サムネイル 썸네일 miniatura vorschau
subdomain sitemap crawl spider urls robots
ping latency uptime speed response traceroute 延迟 ping
reconnaissance scan audit pentest port exploit osint nmap
lead leads crm prospect opportunity pipeline deal hubspot salesforce 客户线索 商机
ticket support helpdesk incident case zendesk servicenow 工单 支持 サポート 지원 soporte suporte assistance
inventory warehouse supply stocktake 库存 在庫 재고 inventario estoque inventaire lager inventar magazzino склад
supplier vendor provider manufacturer seller merchant dealer 供应商 厂商 卖家 販売者 공급업체 proveedor fornecedor fournisseur lieferant anbieter fornitore поставщик
citation reference bibliography cite doi 引用 参考文献 인용 cita citacao zitat цитирование
clinical trial trials study pharma
variant mutation polymorphism snp
satellite imagery aerial remote
odds bet betting gambling bookmaker wager 赔率 博彩 オッズ 배당 apuesta aposta pari wette scommessa ставка
lottery lotto jackpot draw 彩票 宝くじ 복권 loteria lotterie
roster squad lineup team members 阵容 球队
tournament championship competition contest cup esports 比赛 锦标赛 电竞 大会 대회 torneo campeonato torneio tournoi turnier torneo турнир
chess opening move position board 国际象棋 棋 チェス 체스 ajedrez xadrez echecs schach scacchi шахматы
mindmap brainstorm outline concept idea ideas 思维导图 头脑风暴 点子 アイデア 아이디어 idea ideia idee ideen
flowchart sequence uml architecture mermaid diagram 流程图 架构图
geometry shape circle polygon triangle rectangle 形状 图形 図形 도형 forma forme
tensor vector matrix ndarray linear eigenvalue determinant 矩阵 向量 行列 행렬 matriz vecteur vektor matrice матрица
statistics probability distribution mean median variance regression correlation 统计 概率 回归 統計 確率 통계 확률
holiday festival celebration 节日 假期 祝日 休日 공휴일 feriado festivo ferie feiertag festa праздник
birthday anniversary party celebration 生日 誕生日 생일 cumpleanos aniversario anniversaire geburtstag compleanno
season episode series 
hiking outdoor outdoors trail camping mountain
beach surf swim coast sea
museum gallery exhibition theater theatre broadway show performance 剧院 演出 劇場 극장 teatro theatre theater
nightlife bar club pub 酒吧 バー 술집
family kids children parents child
gas petrol fuel diesel gasoline 汽油 油价 ガソリン 휘발유 gasolina essence benzin benzina бензин
electric ev charging charger 充电 充電 충전
pharmacy drugstore medicine 药店 薬局 약국 farmacia pharmacie apotheke аптека
mental psychology therapy stress anxiety counseling meditation mindfulness relax wellness 心理 压力 冥想 心理学 심리 스트레스 estres psicologia meditacion psychologie psyche stress meditation психология
sleep rest nap insomnia 睡眠 수면 sueno sono sommeil schlaf sonno сон
style theme aesthetic look appearance 风格 样式 主题 スタイル 스타일 테마 estilo style stil stile стиль
interior furniture decor decoration room renovation furnish 家具 装修 室内 インテリア 家具 인테리어 가구 mueble decoracion moveis meuble mobel einrichtung mobili мебель
prompt prompts instruction midjourney 提示词 プロンプト 프롬프트
opinion debate argument perspective 观点 意見 의견
story tale fiction narrative plot fantasy bedtime 故事 物語 이야기 cuento historia conto histoire geschichte racconto рассказ история
poem poetry rhyme verse 诗 诗歌 詩 시 poema poesia poeme gedicht poesia стих
speech talk presentation lecture 演讲 講演 연설 discurso discours rede discorso речь
question ask quiz answer faq 问题 质问
debugging stacktrace exception crash error 异常 崩溃 例外 예외 excepcion ausnahme eccezione исключение
function method procedure routine 函数 方法 関数 함수 funcion funcao fonction funktion funzione функция
variable constant symbol identifier 变量 変数 변수
class interface object type 
frontend ui ux interface component react vue css 前端 界面 组件 画面部品
backend server api
environment env variable secret 环境变量 環境変数
certificate ssl tls https 证书 証明書 인증서
queue topic broker kafka message 队列 キュー 큐
cache redis memcached 缓存 キャッシュ 캐시
key value store kv redis
bucket object blob
cron schedule recurring periodic interval 定时 周期 定期 주기 periodico recurrente regelmassig
mobile app application apps software program 应用 软件 アプリ 앱 aplicacion aplicativo application anwendung applicazione приложение
gaming guide build champion hero meta strategy skill equipment artifact 攻略 养成 装备 声骸
rule rules policy guideline regulation 规则 规定 ルール 規則 규칙 regla regra regle regel regola правило
goal target objective aim okr 目标 目標 목표 objetivo meta objectif ziel obiettivo цель
plan strategy roadmap 计划 规划 策略 計画 戦略 계획 전략 plan estrategia plano estrategia strategie plan piano strategia план стратегия
budget expense spending expenditure cost finance 预算 支出 予算 支出 예산 지출 presupuesto gasto orcamento despesa budget depense ausgabe bilancio spesa бюджет расход
balance wallet holdings funds account 余额 残高 잔액 saldo solde guthaben баланс
transfer remit withdraw deposit send 转账 提现 存款 送金 振込 송금 이체 transferencia virement uberweisung trasferimento перевод
dividend yield payout split 股息 分红 配当 배당 dividendo dividende
option options derivative futures contract 期权 期货 オプション 先物 옵션 선물
analyst recommendation upgrade downgrade target rating 分析师 评级
interest rate inflation gdp fed economy 利率 通胀 金利 インフレ 금리 tipo interes inflacion zins inflation inflazione инфляция
`;
