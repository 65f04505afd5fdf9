// A browser's phone without the browser: SIP.js over WebSocket. Usage: node sip_js.mjs URL USER PASSWORD call TARGET
//                                                                    node sip_js.mjs URL USER PASSWORD wait
// Says in words what happens, one a line, and ends when its call has ended. The packages lie beside its copy.
import { Inviter, Registerer, RegistererState, SessionState, UserAgent } from "sip.js";
import WebSocket from "ws";

globalThis.WebSocket = WebSocket;
const [url, user, password, what, target] = process.argv.slice(2);
const address = "203.0.113.10";
let descriptions = 0;

function description() {
    let version = 1;
    return {
        close() {},
        hasDescription: (type) => type === "application/sdp",
        getDescription: async () => ({
            contentType: "application/sdp",
            body: `v=0\r\no=- 1 ${version++} IN IP4 ${address}\r\ns=-\r\nc=IN IP4 ${address}\r\nt=0 0\r\n` +
                  "m=audio 42000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n",
        }),
        setDescription: async () => { console.log(`description ${++descriptions}`); },
        rollbackDescription: async () => {},
        sendDtmf: () => false,
    };
}

function watch(session) {
    session.stateChange.addListener(async (state) => {
        console.log(state === SessionState.Established ? "established" : `session ${state}`);
        if (state !== SessionState.Terminated) return;
        await agent.stop();
        process.exit(0);
    });
}

const agent = new UserAgent({
    uri: UserAgent.makeURI(`sip:${user}@lab.example`),
    transportOptions: { server: url, keepAliveInterval: 1 },
    sessionDescriptionHandlerFactory: description,
    authorizationUsername: user,
    authorizationPassword: password,
    logBuiltinEnabled: true,
    logLevel: "warn",
    delegate: {
        onInvite(invitation) {
            watch(invitation);
            invitation.accept();
        },
    },
});
setTimeout(() => process.exit(3), 30000);
await agent.start();
console.log("connected");
if (what === "call") {
    const inviter = new Inviter(agent, UserAgent.makeURI(target));
    watch(inviter);
    await inviter.invite();
} else {
    const registerer = new Registerer(agent, { expires: 60 });
    registerer.stateChange.addListener((state) => {
        if (state === RegistererState.Registered) console.log("registered");
    });
    await registerer.register();
}
