"""An authority of the laboratory, and certificates of it, made by openssl."""
import os

from lab import command


class Authority:
    def __init__(self, lab, name="authority"):
        self.directory = lab.file(name)
        os.makedirs(self.directory)
        os.chmod(self.directory, 0o755)
        self.certificate, self.key = self.path("ca.pem"), self.path("ca.key")
        command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.certificate)

    def path(self, name):
        return os.path.join(self.directory, name)

    def issue(self, name, *alternatives, common_name=None):
        """(certificate, key) files. alternatives: "DNS:x", "URI:sip:x", "IP:1.2.3.4"."""
        certificate, key, request = self.path(f"{name}.pem"), self.path(f"{name}.key"), self.path(f"{name}.csr")
        command("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", f"/CN={common_name or name}", "-keyout", key, "-out", request)
        with open(self.path(f"{name}.ext"), "w", encoding="utf-8") as out:
            out.write("basicConstraints=CA:FALSE\n" +
                      (f"subjectAltName={','.join(alternatives)}\n" if alternatives else ""))
        command("openssl", "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                "-days", "30", "-extfile", self.path(f"{name}.ext"), "-out", certificate)
        os.chmod(key, 0o640)
        os.chown(key, 0, 65534)      # the engine becomes nobody where there is no user sallyport
        return certificate, key
