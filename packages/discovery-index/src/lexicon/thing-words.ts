/**
 * What tools handle, one concept a line, in the same form as the action words and written the same way.
 */
export const THING_WORDS = `
file document doc 文件 文档 ファイル 書類 文書 파일 문서 archivo archivos fichero documento arquivo fichier fichiers document datei dateien dokument file documento файл файлы документ
folder directory dir path 文件夹 目录 路径 フォルダ ディレクトリ 폴더 디렉토리 carpeta directorio pasta diretorio dossier repertoire ordner verzeichnis cartella папка каталог директория
content contents text body 内容 正文 文本 内容 本文 テキスト 내용 텍스트 contenido texto conteudo contenu texte inhalt contenuto testo содержимое текст
line row 行
column field attribute property 列 字段 属性 カラム フィールド 열 필드 속성 columna campo propiedad coluna colonne champ spalte feld eigenschaft colonna столбец поле
cell spreadsheet excel sheet worksheet workbook xlsx xls 表格 单元格 工作表 电子表格 スプレッドシート シート セル 스프레드시트 엑셀 시트 hoja calculo planilha tableur tabelle tabellenblatt foglio таблица лист
table tables 表 数据表 テーブル 테이블 tabla tabela tableau tabelle tabella таблица
database db sql schema sqlite postgres mysql 数据库 データベース 데이터베이스 base banco datenbank basededatos база данных
record entry item row 记录 条目 レコード 項目 레코드 항목 registro elemento entrada enregistrement eintrag voce запись
branch branches 分支 ブランチ 브랜치 rama ramo branche zweig ветка
repository repo git codebase 仓库 代码库 リポジトリ 저장소 repositorio depot repository репозиторий
commit revision changeset version history 提交 版本 コミット 履歴 バージョン 커밋 버전 이력 version historial versao historique verlauf cronologia версия история
code source program script snippet programming 代码 脚本 程序 编程 コード スクリプト プログラム 코드 스크립트 프로그램 codigo programa script code programme quelltext codice код программа скрипт
bug issue defect ticket problem error fault 问题 错误 缺陷 工单 バグ エラー 問題 課題 버그 오류 문제 이슈 error problema fallo erro bogue erreur probleme fehler problem errore ошибка проблема
pullrequest pr merge
command shell terminal console bash cli cmd 命令 终端 控制台 コマンド ターミナル シェル 명령 명령어 터미널 comando terminal consola commande befehl konsole comando команда терминал
process task job pid 进程 任务 プロセス タスク 프로세스 작업 proceso tarea tarefa processus tache prozess aufgabe processo compito процесс задача
log logs trace journal 日志 ログ 로그 registro journal protokoll лог журнал
test tests testing 测试 テスト 테스트 prueba pruebas teste essai тест
package library dependency module 包 依赖 库 模块 パッケージ ライブラリ 依存 패키지 라이브러리 의존성 paquete biblioteca dependencia pacote paquet bibliotheque paket bibliothek abhangigkeit pacchetto libreria пакет библиотека зависимость
server host machine node instance vm 服务器 主机 实例 サーバー インスタンス 서버 인스턴스 servidor instancia serveur serveur server istanza сервер
container docker kubernetes pod cluster k8s 容器 集群 コンテナ クラスタ 컨테이너 클러스터 contenedor conteneur контейнер кластер
cloud aws azure gcp 云 云计算 クラウド 클라우드 nube nuvem nuage облако
bucket blob storage s3 存储 桶 ストレージ 스토리지 almacenamiento armazenamento stockage speicher хранилище
network connectivity internet lan 网络 互联网 ネットワーク インターネット 네트워크 인터넷 reseau rede netzwerk rete сеть интернет
ip address ipaddress ipv4 ipv6 地址
domain whois dns hostname registrar tld 域名 ドメイン 도메인 dominio domaine домен
url link uri address hyperlink href 链接 网址 リンク 링크 주소 enlace enlaces vinculo lien link collegamento ссылка
website webpage page site web html 网站 网页 页面 ウェブサイト ウェブページ サイト ページ 웹사이트 웹페이지 페이지 사이트 sitio pagina web site webseite seite sito pagina сайт страница веб
browser chrome playwright puppeteer tab 浏览器 ブラウザ 브라우저 navegador navigateur браузер
screenshot capture screen snapshot 截图 截屏 屏幕 スクリーンショット 画面 스크린샷 화면 captura pantalla tela capture ecran bildschirmfoto schermata скриншот экран
image picture photo photograph pic photos png jpg jpeg illustration 图片 图像 照片 画像 写真 絵 이미지 사진 그림 imagen imagenes foto fotos imagem image images photo bild bilder immagine immagini foto изображение картинка фото картинку
video clip footage film mp4 youtube 视频 影片 ビデオ 動画 映像 비디오 영상 동영상 vide filmato видео ролик
audio sound voice mp3 speech wav 音频 声音 语音 音声 オーディオ 오디오 음성 소리 sonido stimme suono голос звук аудио
music song track album playlist artist lyrics tune singer band 音乐 歌曲 专辑 歌手 歌词 播放列表 音楽 曲 歌 アルバム 음악 노래 앨범 musica cancion canciones chanson musique lied musik canzone brano музыка песня альбом
movie film cinema show series tv episode television 电影 影视 电视剧 节目 映画 ドラマ テレビ 영화 드라마 pelicula peliculas filme serie cinema fernsehen film фильм кино сериал
book novel ebook author library reading 书 书籍 图书 小说 作者 本 書籍 小説 책 도서 소설 libro libros livro livre livres buch bucher libri книга книги автор
paper article publication research journal preprint arxiv scholar academic literature study scientific 论文 文章 学术 研究 文献 期刊 論文 記事 学術 논문 기사 학술 articulo articulos artigo publication etude artikel studie forschung articolo ricerca статья статьи исследование научный
news headline headlines article press bulletin journalism 新闻 头条 资讯 消息 ニュース 뉴스 소식 noticia noticias actualites nouvelles nachrichten schlagzeilen notizie новости новость
trend trending hot popular viral topic 热门 热搜 热榜 趋势 榜单 排行榜 トレンド 人気 트렌드 인기 tendencia tendencias tendance beliebt tendenze тренд популярный
email mail inbox message gmail smtp 邮件 电子邮件 邮箱 メール 이메일 메일 correo electronico courriel posta почта письмо
message chat conversation dm sms text 消息 聊天 信息 对话 短信 メッセージ チャット 会話 메시지 채팅 대화 mensaje mensajes mensagem conversa nachricht gesprach messaggio сообщение чат
channel room group thread forum 频道 群组 チャンネル 채널 canal kanal canale канал
contact person people individual profile 联系人 人物 个人 用户资料 連絡先 人物 연락처 사람 contacto persona contato pessoa personne kontakt contatto контакт человек
user account member profile customer client 用户 账户 账号 会员 客户 ユーザー アカウント 顧客 사용자 계정 고객 usuario cuenta cliente usuario conta utilisateur compte benutzer konto kunde utente аккаунт пользователь клиент
team organization company business firm enterprise corporation 公司 团队 企业 组织 会社 企業 チーム 組織 회사 기업 팀 조직 empresa equipo compania organizacion entreprise equipe societe unternehmen firma mannschaft azienda squadra компания команда организация
calendar event appointment meeting schedule agenda 日历 事件 会议 约会 カレンダー 会議 イベント 予定 달력 일정 회의 calendario reunion evento cita reuniao reunion rendezvous kalender termin besprechung riunione календарь встреча событие
reminder todo task checklist 待办 提醒 任务 事项 リマインダー やること 할일 recordatorio lembrete rappel erinnerung promemoria напоминание
note memo notebook jotting 笔记 备忘 ノート メモ 노트 메모 nota notas note notiz notizen appunti заметка
project board kanban milestone backlog sprint 项目 看板 プロジェクト 프로젝트 proyecto projeto projet projekt progetto проект
time clock hour timezone now current moment 时间 时区 当前时间 钟 時間 時刻 タイムゾーン 시간 시각 hora tiempo huso fuso heure fuseau uhrzeit zeit zeitzone ora fuso время часовой
date day today calendar tomorrow 日期 今天 明天 日付 今日 明日 날짜 오늘 내일 fecha hoy data hoje dia jour aujourdhui datum heute giorno oggi дата сегодня завтра день
weather forecast temperature climate rain meteorological wind humidity snow storm 天气 气温 气象 预报 天気 気温 気候 날씨 기온 clima tiempo temperatura lluvia pronostico chuva meteo temps temperature pluie wetter temperatur regen vorhersage meteo pioggia погода температура дождь
map geography geographic gis 地图 地図 지도 mapa karte landkarte mappa карта
location place position coordinates latitude longitude geolocation lat lon lng 位置 地点 坐标 经纬度 場所 座標 位置 위치 장소 좌표 ubicacion lugar coordenadas localizacao local lieu endroit coordonnees ort standort koordinaten luogo posizione место координаты местоположение
address geocode street postal zip zipcode postcode 地址 邮编 住所 郵便番号 주소 우편번호 direccion calle endereco adresse rue strasse postleitzahl indirizzo адрес улица индекс
city town municipality country region state 城市 国家 地区 都市 国 地域 도시 국가 지역 ciudad pais cidade ville stadt citta paese город страна регион
route directions navigation road path drive distance itinerary 路线 导航 路径 距离 驾车 経路 道順 距離 경로 길찾기 거리 ruta distancia camino rota itineraire trajet route strecke entfernung percorso distanza маршрут расстояние
train railway rail station ticket 火车 高铁 列车 车票 车站 铁路 電車 列車 駅 切符 기차 열차 역 기차표 tren estacion billete trem gare zug bahn bahnhof fahrkarte treno stazione biglietto поезд вокзал билет
flight airline plane airport airfare aviation aircraft 航班 机票 飞机 机场 飛行機 航空券 空港 항공편 비행기 공항 vuelo vuelos avion aeropuerto voo aviao avion aeroport flug fluge flughafen volo aeroporto рейс самолет аэропорт перелет
hotel accommodation lodging stay homestay hostel airbnb rental room apartment inn 酒店 住宿 民宿 宾馆 旅馆 ホテル 宿泊 旅館 호텔 숙소 숙박 alojamiento hospedaje hospedagem hebergement logement unterkunft ubernachtung alloggio отель гостиница жилье
travel trip vacation holiday tourism tour journey traveler itinerary sightseeing destination 旅行 旅游 行程 景点 出行 観光 旅 여행 관광 viaje viajes turismo vacaciones viagem ferias voyage vacances reise urlaub viaggio vacanza путешествие поездка отпуск
restaurant dining cafe eatery food dinner lunch 餐厅 饭店 美食 餐馆 レストラン 食堂 飲食店 식당 레스토랑 맛집 restaurante comida repas speiselokal ristorante ресторан кафе
recipe cooking cook dish meal cuisine ingredient ingredients kitchen dinner culinary chef 菜谱 食谱 烹饪 做菜 菜 食材 菜品 レシピ 料理 食材 레시피 요리 재료 receta recetas cocina ingredientes receita cozinhar recette cuisine ingredients plat rezept rezepte kochen zutaten ricetta cucina piatto рецепт блюдо готовить кухня
food nutrition diet calorie calories nutrient meal eat eating nutritional protein 食物 营养 饮食 卡路里 食品 食事 栄養 カロリー 음식 영양 식단 alimento nutricion dieta calorias alimentacao nourriture regime ernahrung lebensmittel kalorien cibo dieta еда питание калории диета
drink beverage cocktail wine beer coffee alcohol 饮料 酒 咖啡 飲み物 酒 カクテル 음료 술 bebida boisson vin getrank bevanda напиток вино
shop store product merchandise goods item ecommerce shopping retail purchase 商品 购物 商店 产品 货物 好物 商品 買い物 店 상품 쇼핑 제품 가게 producto productos tienda compras produto loja produit magasin achats produkt produkte laden einkaufen prodotto negozio товар магазин покупки
price cost fee rate quote pricing expense 价格 费用 报价 成本 金价 値段 価格 料金 가격 비용 요금 precio precios costo preco custo prix cout tarif preis preise kosten prezzo costo цена стоимость
discount coupon deal bargain promo sale cheap offer voucher promotion 优惠 折扣 优惠券 促销 割引 クーポン セール 할인 쿠폰 descuento oferta cupon desconto remise reduction promo rabatt gutschein angebot sconto offerta скидка купон
order delivery shipment shipping parcel package tracking courier logistics postal mail 订单 快递 物流 包裹 配送 运单 注文 配達 荷物 주문 배송 택배 소포 pedido envio entrega paquete encomenda commande livraison colis bestellung lieferung sendung paket ordine consegna spedizione pacco заказ доставка посылка
money currency forex exchange fx conversion dollar euro 货币 汇率 外汇 钱 通貨 為替 お金 환율 통화 돈 moneda divisa dinero tipo cambio moeda dinheiro cambio devise monnaie argent taux change wahrung wechselkurs geld valuta moneta denaro валюта курс деньги
stock stocks share shares equity equities ticker market securities trading nasdaq 股票 股价 股市 证券 株 株価 株式 주식 주가 증시 accion acciones bolsa acoes actions bourse aktie aktien borse azioni borsa акция акции биржа
fund etf mutual portfolio investment invest investor investing asset 基金 投资 资产 组合 投資 資産 投信 투자 자산 펀드 inversion fondo cartera investimento fonds investissement portefeuille anlage investieren vermogen fondo инвестиции фонд
crypto cryptocurrency bitcoin ethereum coin token blockchain btc eth defi nft wallet web3 onchain 加密货币 比特币 区块链 代币 钱包 暗号通貨 仮想通貨 ビットコイン 암호화폐 비트코인 블록체인 criptomoneda criptomoedas cryptomonnaie kryptowahrung criptovaluta криптовалюта биткоин
gold silver metal commodity oil 黄金 金 白银 大宗商品 金価格 금값 oro ouro edelmetall золото
bank banking account loan credit mortgage debit 银行 贷款 信用卡 抵押 銀行 ローン 은행 대출 banco prestamo credito emprestimo banque pret credit kredit darlehen banca prestito банк кредит ипотека
invoice bill receipt billing 发票 账单 收据 請求書 領収書 청구서 영수증 factura recibo fatura facture recu rechnung quittung fattura ricevuta счет чек
payment transaction payments transfer 交易 支付 付款 支払い 取引 결제 거래 pago transaccion pagamento paiement zahlung transaktion transazione платеж транзакция
tax taxes vat 税 税收 税金 세금 impuesto imposto impot taxe steuer tassa налог
finance financial economy economic earnings revenue income statement balance fundamentals 财务 金融 经济 财报 収益 金融 財務 経済 금융 재무 경제 finanzas financiero economia ingresos financas receita finances economie revenu finanzen wirtschaft einkommen finanza reddito финансы экономика доход
company profile ticker corporation filing sec 公司 上市公司
house home property estate realestate rent apartment housing realtor mortgage listing 房产 房屋 房子 租房 房源 不動産 家 住宅 賃貸 부동산 집 주택 임대 casa vivienda inmueble alquiler imovel aluguel maison immobilier appartement haus wohnung immobilien miete immobile affitto дом квартира недвижимость аренда
job career employment vacancy work hiring position resume recruitment 工作 职位 招聘 简历 求职 岗位 仕事 求人 職 履歴書 직업 일자리 채용 이력서 trabajo empleo puesto emprego vaga curriculo emploi travail stelle arbeit beruf lebenslauf lavoro impiego работа вакансия резюме
salary wage pay compensation 工资 薪资 薪水 給料 연봉 급여 salario sueldo salaire gehalt stipendio зарплата
school university college course class education student lesson curriculum degree classroom 学校 大学 课程 教育 学生 学校 授業 講座 학교 대학교 강의 수업 학생 escuela universidad curso estudiante escola aula ecole universite cours etudiant schule universitat kurs unterricht scuola corso школа университет курс студент урок
exam quiz test question flashcard questionnaire trivia 考试 测验 题目 试题 試験 クイズ 問題 시험 퀴즈 examen cuestionario prova exame prufung quiz esame экзамен викторина
homework assignment exercise practice problem 作业 练习 宿題 숙제 tarea deberes devoirs hausaufgaben compiti
language english grammar vocabulary word spelling 语言 英语 语法 词汇 单词 言語 英語 単語 文法 언어 영어 단어 idioma lengua palabra lingua palavra langue sprache wort язык слово
dictionary definition meaning synonym thesaurus define word 词典 定义 含义 同义词 辞書 意味 定義 사전 뜻 정의 diccionario definicion significado dicionario definition worterbuch bedeutung significato словарь определение значение
math mathematics equation formula algebra calculus arithmetic solve statistics theorem matrix 数学 方程 公式 矩阵 算术 計算式 数学 方程式 수학 방정식 공식 matematicas ecuacion formula matematica equation mathematiques gleichung formel mathematik equazione математика уравнение формула
unit units measurement conversion convert metric imperial meter mile kilogram 单位 换算 単位 단위 unidad unidades unidade unite einheit einheiten unita единица
number random integer digit numeric 数字 随机 随机数 数 乱数 ランダム 숫자 무작위 난수 numero aleatorio hasard zahl zufall casuale число случайный
password secret credential token key 密码 密钥 凭证 パスワード 鍵 비밀번호 암호 contrasena clave senha chave motdepasse passwort schlussel chiave пароль ключ
security vulnerability threat malware attack cve breach phishing scan exploit firewall 安全 漏洞 威胁 病毒 攻击 セキュリティ 脆弱性 脅威 보안 취약점 위협 seguridad vulnerabilidad amenaza seguranca vulnerabilidade ameaca securite vulnerabilite menace sicherheit schwachstelle bedrohung sicurezza безопасность уязвимость угроза
permission role access privilege acl 权限 角色 访问 権限 役割 권한 역할 permiso rol acceso permissao permission acces berechtigung rolle zugriff permesso ruolo доступ право роль
health medical medicine clinical doctor hospital disease patient symptom healthcare treatment diagnosis 健康 医疗 医院 疾病 医生 症状 患者 健康 病院 医療 病気 医師 건강 의료 병원 질병 증상 환자 salud medico enfermedad hospital sintoma paciente saude doenca sante maladie medecin hopital symptome gesundheit krankheit arzt krankenhaus salute malattia ospedale здоровье болезнь врач больница симптом
drug medication pharmaceutical prescription pill fda dosage 药物 药品 药 処方 薬 약 의약품 medicamento farmaco remedio medicament medikament arznei farmaco лекарство препарат
gene genome dna protein genetic biology sequence molecular 基因 蛋白质 生物 遺伝子 タンパク質 유전자 단백질 gen proteina biologia gene proteine biologie ген белок
chemistry chemical compound molecule element reaction 化学 分子 化合物 元素 化学式 화학 분자 quimica molecula chimie chemie molekul chimica химия
fitness workout exercise gym training weight muscle running yoga 健身 锻炼 运动 体重 フィットネス 運動 筋トレ 운동 헬스 ejercicio entrenamiento gimnasio treino exercicio exercice entrainement ubung allenamento тренировка упражнение
sport sports football soccer basketball nba nfl baseball team match game league score player tennis cricket 体育 足球 篮球 比赛 球队 球员 スポーツ サッカー 野球 試合 選手 스포츠 축구 농구 야구 경기 선수 deporte deportes futbol partido jugador liga esporte futebol jogo equipe football joueur match fussball spiel mannschaft spieler sport calcio partita giocatore спорт футбол матч игрок
game gaming videogame player play steam puzzle 游戏 玩家 ゲーム 게임 juego juegos jogo jeu jeux spiel spiele gioco игра игры
character champion hero role skill 角色 人物 英雄 キャラクター 캐릭터 personaje personagem personnage figur charakter personaggio персонаж
joke humor funny meme comedy laugh 笑话 幽默 段子 表情包 冗談 ジョーク 농담 유머 chiste broma piada humor blague witz barzelletta шутка анекдот мем
quote quotation saying inspirational proverb 名言 语录 引用 명언 cita frase citacao citation zitat citazione цитата
fact facts trivia knowledge wiki wikipedia encyclopedia 百科 知识 事实 百科事典 知識 백과 지식 enciclopedia conocimiento conhecimento encyclopedie connaissance wissen enzyklopadie enciclopedia энциклопедия знание факт
history historical past archive 历史 历史数据 歴史 역사 historia historico histoire historique geschichte historisch storia storico история исторический
astrology horoscope zodiac tarot fortune bazi divination 星座 占卜 运势 塔罗 八字 占い 星占い 운세 별자리 사주 horoscopo horoscope horoskop oroscopo гороскоп
astronomy space planet nasa star satellite mars orbit asteroid 天文 太空 行星 卫星 宇宙 惑星 天文学 우주 행성 천문 astronomia espacio planeta espaco espace planete weltraum spazio космос планета
animal pet dog cat pets breed wildlife 动物 宠物 狗 猫 動物 ペット 犬 동물 반려동물 강아지 고양이 animales mascota perro gato animal cachorro chien haustier hund katze animale cane gatto животное собака кошка
plant garden flower gardening crop 植物 花园 花 園芸 植物 식물 정원 꽃 planta jardin flor jardim plante jardin fleur pflanze garten blume pianta fiore растение сад цветок
car vehicle automobile auto driving motor vin truck 汽车 车辆 车 自動車 車 車両 자동차 차량 coche carro vehiculo automovil veiculo voiture vehicule auto fahrzeug macchina veicolo машина автомобиль
phone telephone mobile number call cell smartphone 电话 手机 号码 電話 携帯 전화 휴대폰 telefono celular movil telefone telephone telefon telefono телефон номер
fashion clothing clothes outfit apparel dress wear style shoes 服装 衣服 时尚 穿搭 ファッション 服 衣類 패션 옷 의류 moda ropa vestido roupa vetements kleidung abbigliamento одежда мода
beauty makeup cosmetics skincare hair skin 美容 化妆品 护肤 化粧品 美容 화장품 뷰티 belleza maquillaje beleza beaute maquillage schonheit kosmetik bellezza косметика красота
gift present gifts 礼物 礼品 贈り物 プレゼント 선물 regalo presente cadeau geschenk подарок
wedding marriage dating relationship love partner romance couple 婚礼 婚姻 恋爱 约会 結婚 恋愛 결혼 연애 boda amor pareja casamento mariage amour hochzeit liebe matrimonio свадьба любовь
child kid children baby parenting toddler kids 孩子 儿童 宝宝 子供 赤ちゃん 아이 어린이 nino ninos bebe crianca enfant kind kinder bambino ребенок дети
legal law court lawyer attorney contract regulation statute legislation 法律 法院 合同 律师 法规 法律 契約 裁判 弁護士 법률 법원 계약 변호사 ley legal contrato abogado lei juridico loi contrat avocat droit recht gesetz vertrag anwalt legge contratto avvocato закон договор суд юрист
patent trademark copyright 专利 商标 版权 特許 商標 특허 상표 patente marca brevet marque марка патент
government politics election congress policy parliament political senator 政府 政治 选举 政策 政府 政治 選挙 정부 정치 선거 gobierno politica eleccion governo gouvernement politique election regierung politik wahl governo politica правительство политика выборы
crime police emergency safety danger 犯罪 警察 安全 警察 犯罪 경찰 범죄 crimen policia polizei verbrechen преступление полиция
environment carbon emission pollution air climate sustainability co2 aqi 环境 污染 空气质量 碳排放 環境 大気 汚染 환경 오염 대기 contaminacion carbono poluicao environnement pollution umwelt verschmutzung inquinamento экология загрязнение
energy electricity power battery solar 能源 电力 电池 電力 エネルギー 전력 에너지 energia electricidad electricite strom elettricita энергия электричество
chart graph plot diagram visualization histogram bar pie flowchart mermaid 图表 图 流程图 柱状图 饼图 グラフ 図 チャート 차트 그래프 도표 grafico grafica diagrama graphique diagramme diagramm schaubild grafico график диаграмма
graph node edge entity relation relationship vertex link connection knowledge association 图谱 节点 关系 实体 知识图谱 ノード 関係 エンティティ 노드 관계 엔티티 nodo relacion entidad relacao entidade noeud relation entite knoten beziehung entitat nodo relazione узел связь сущность
observation fact detail attribute property remark statement 观察 事实 観察 관찰 observacion observacao beobachtung наблюдение
memory store knowledge bank recall 记忆 内存 メモリ 記憶 기억 메모리 memoria memoire gedachtnis speicher память
setting settings configuration config preference option parameter options 设置 配置 选项 参数 設定 オプション パラメータ 설정 옵션 configuracion ajuste opcion configuracao reglage option einstellung konfiguration impostazione настройка параметр
metadata info attributes details properties stat 元数据 信息 详情 属性 メタデータ 情報 詳細 메타데이터 정보 상세 metadatos informacion detalle informacao detalhe information details metadaten informationen angaben informazioni dettagli информация сведения детали
size bytes length dimension dimensions 大小 尺寸 长度 サイズ 大きさ 크기 길이 tamano tamanho taille grosse dimensione размер
pdf acrobat document 
word docx doc document 
powerpoint presentation slide slides ppt pptx deck slideshow keynote 演示文稿 幻灯片 プレゼン スライド 프레젠테이션 슬라이드 presentacion diapositiva apresentacao presentation diapositive prasentation folie presentazione презентация слайд
markdown md
csv tsv tabular
json xml yaml
template boilerplate skeleton scaffold 模板 テンプレート 템플릿 plantilla modelo modele vorlage modello шаблон
draft essay writing copywriting blog article story composition write poem 写作 文案 文章 故事 作文 執筆 글쓰기 에세이 redaccion ensayo redacao redaction essai aufsatz schreiben saggio эссе сочинение
logo icon design graphic banner brand branding 设计 图标 标志 ロゴ アイコン デザイン 로고 아이콘 디자인 diseno logotipo icono desenho icone conception entwurf symbol progettazione логотип иконка дизайн
color colour palette hex rgb 颜色 色彩 色 カラー 색상 색 colores cor couleur farbe colore цвет
font typography typeface 字体 フォント 글꼴 fuente fonte police schriftart carattere шрифт
qr qrcode barcode code 二维码 条形码 バーコード 바코드 큐알
avatar emoji sticker gif 表情 头像 絵文字 이모지
ad ads advertisement campaign marketing advertising advertiser 广告 营销 广告投放 広告 マーケティング 광고 마케팅 anuncio campana publicidade campanha publicite campagne werbung kampagne pubblicita campagna реклама кампания
seo keyword ranking backlink keywords serp 关键词 排名 キーワード 키워드 palabra clave palavrachave motcle schlusselwort suchbegriff parola chiave ключевой
analytics statistics stats metrics insight insights kpi report 统计 指标 数据分析 統計 指標 분석 통계 지표 estadistica estadisticas metricas estatistica statistique statistiken kennzahlen statistiche статистика метрики
report summary statement brief 报告 报表 レポート 報告 보고서 informe reporte relatorio rapport bericht rapporto отчет
data dataset information 数据 数据集 データ 데이터 datos dados donnees daten dati данные
ai llm model gpt chatgpt artificial intelligence 人工智能 模型 大模型 人工知能 モデル 인공지능 모델 modelo modele modell modello модель нейросеть
machinelearning training neural dataset huggingface 机器学习 训练 機械学習 기계학습
embedding vector semantic similarity rag 向量 语义 相似 ベクトル 類似 벡터 유사
agent assistant bot chatbot 助手 智能体 机器人 アシスタント ボット 비서 에이전트 asistente assistente assistente bot helfer assistent помощник бот
social socialmedia twitter facebook instagram tiktok linkedin reddit weibo post tweet follower influencer hashtag 社交 微博 小红书 抖音 推特 帖子 粉丝 ソーシャル 投稿 フォロワー 소셜 게시물 팔로워 redes publicacion seguidores publication abonnes beitrag соцсети пост подписчик
comment comments feedback opinion review 评论 反馈 意见 コメント 感想 댓글 의견 comentario comentarios opinion commentaire avis kommentar meinung commento комментарий мнение
webhook callback event hook 
api endpoint rest graphql openapi swagger 接口 エンドポイント 인터페이스
workflow pipeline automation process flow zapier 工作流 流程 自动化 ワークフロー 自動化 워크플로 자동화 flujo automatizacion fluxo automacao flux automatisation ablauf automatisierung flusso рабочий автоматизация
device sensor iot smart light lamp thermostat hardware 设备 传感器 智能家居 灯 デバイス センサー 장치 센서 기기 dispositivo sensor appareil capteur gerat sensore устройство датчик
disk drive storage volume 磁盘 硬盘 ディスク 디스크 disco disque festplatte диск
cpu ram usage performance resource monitoring system 性能 资源 系统 システム 性能 시스템 성능 sistema rendimiento desempenho systeme leistung система производительность
version release latest newest changelog 版本 最新 发布 バージョン 最新 버전 최신 ultima neueste versione последняя
license licence registration certificate 证书 许可证 執照 ライセンス 証明書 라이선스 인증서 licencia certificado licenca licence certificat lizenz zertifikat licenza лицензия сертификат
podcast episode radio broadcast 播客 广播 ポッドキャスト ラジオ 팟캐스트 라디오
museum art artwork painting gallery artist exhibition 博物馆 艺术 绘画 美術館 芸術 絵画 미술관 예술 museo arte pintura museu musee art peinture kunst gemalde museum museo музей искусство
religion bible quran prayer verse church 宗教 圣经 聖書 종교 성경 biblia religion bibel bibbia библия
name names nickname username 名字 名称 名前 이름 nombre nome nom namen имя название
baby pregnancy
insurance policy claim 保险 保険 보험 seguro assurance versicherung assicurazione страховка
charity donation nonprofit volunteer fundraising 慈善 捐款 寄付 기부 donacion caridad doacao spende donazione
event concert festival ticket tickets show 活动 演唱会 门票 イベント コンサート チケット 행사 콘서트 티켓 evento concierto entrada show billet konzert veranstaltung concerto билет концерт мероприятие
population census demographic demographics 人口 人口統計 인구 poblacion populacao population bevolkerung popolazione население
earthquake disaster flood tsunami hurricane 地震 灾害 災害 지진 재난 terremoto terremoto seisme erdbeben землетрясение
ocean sea tide wave marine surf beach 海洋 潮汐 海 潮 바다 해양 oceano marea ocean ozean meer море океан
mountain hike hiking trail camping outdoor park 登山 徒步 露营 公园 ハイキング 山 등산 공원 senderismo montana trilha randonnee wandern escursione поход
transit bus metro subway public transport 公交 地铁 公共交通 バス 地下鉄 버스 지하철 autobus metro onibus bus bahn автобус метро
parking fuel gas station charging ev 停车 加油站 充电 駐車場 ガソリン 주차 주유소 gasolina aparcamiento estacionamento parken benzin парковка бензин
`;
