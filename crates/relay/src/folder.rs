//! The relay's folder: configuration, store, and the keys of its authority.
//!
//! ```text
//! relay.toml              configuration
//! relay.db                the store; relay.lock is held while a relay serves it
//! service-codes.csv       the table of service codes that offices are handed, if the operator loaded one
//! authority/root.pem      what every node trusts: handed out to the offices
//! authority/root.key      key of the root: to be moved to a place that is off line
//! authority/issuing.pem   the authority that signs certificates here, and its key
//! authority/issuing.key
//! authority/server.pem    certificate of the relay itself, and its key; renewed by the relay
//! authority/server.key
//! ```
//!
//! Only its owner can enter a folder that was made here; keys can be read by their owner only.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tasuki_identity::authority::{AuthorityError, IssuingAuthority, RootAuthority};
use tasuki_identity::chain::{CertificateChain, Trust};
use tasuki_identity::signing::{SigningError, SigningKey};

use crate::config::{self, Config};

/// The certificate of the relay is renewed when it ends within this time.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(60 * 24);

/// The relay's folder.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

/// The folder cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file cannot be read or written.
    #[error("cannot read or write {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file holds no certificate or key.
    #[error("{0} holds no certificate or key")]
    NotPem(PathBuf),
    /// A relay was set up here before.
    #[error("{0} is a relay's folder already")]
    Exists(PathBuf),
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] config::ConfigError),
    /// The authority refused.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// A key could not be made or read.
    #[error(transparent)]
    Key(#[from] SigningError),
}

/// The certificate of the relay itself.
pub struct ServerIdentity {
    /// Its certificate and what is between it and the root.
    pub chain: CertificateChain,
    /// Its key.
    pub key: SigningKey,
}

impl Folder {
    /// The folder at a path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.0.join(config::FILE)
    }

    /// The store.
    pub fn store(&self) -> PathBuf {
        self.0.join("relay.db")
    }

    /// The table of service codes, as it is handed out.
    pub(crate) fn service_codes(&self) -> PathBuf {
        self.0.join("service-codes.csv")
    }

    /// The certificate that nodes trust.
    pub fn root(&self) -> PathBuf {
        self.authority("root.pem")
    }

    /// The key of the root.
    pub fn root_key(&self) -> PathBuf {
        self.authority("root.key")
    }

    fn authority(&self, name: &str) -> PathBuf {
        self.0.join("authority").join(name)
    }

    /// Makes a relay's folder with an authority of its own.
    ///
    /// # Errors
    /// When there is one already, or nothing can be written.
    pub fn create(&self, operator: &str, config: &Config, now: Timestamp) -> Result<(), FolderError> {
        if self.config().exists() || self.root().exists() {
            return Err(FolderError::Exists(self.0.clone()));
        }
        let authority = self.0.join("authority");
        create_private(&authority).map_err(|source| FolderError::Io { path: authority.clone(), source })?;
        let root = RootAuthority::create(operator, now)?;
        let issuing = IssuingAuthority::create(operator, &root, now)?;
        self.put_identity("issuing", &one(issuing.certificate()), issuing.key())?;
        self.issue_server(&issuing, &config.hosts, now)?;
        self.put_identity("root", &one(root.certificate()), root.key())?;
        let text = toml::to_string(config).expect("a configuration is TOML");
        let header = "# 連携基盤の設定。変えたら再起動してください。\n";
        write(&self.config(), format!("{header}{text}").as_bytes())
    }

    /// Reads the configuration.
    ///
    /// # Errors
    /// When it is wrong.
    pub fn read_config(&self) -> Result<Config, FolderError> {
        Ok(Config::read(&self.config())?)
    }

    /// The authority that issues certificates.
    ///
    /// # Errors
    /// When its files are not there or damaged.
    pub fn issuing(&self) -> Result<IssuingAuthority, FolderError> {
        let certificate = read_certificate(&self.authority("issuing.pem"))?;
        Ok(IssuingAuthority::load(&certificate, read_key(&self.authority("issuing.key"))?)?)
    }

    /// Whom the relay trusts: its own root.
    ///
    /// # Errors
    /// When the file of the root is not there or damaged.
    pub fn trust(&self) -> Result<Trust, FolderError> {
        Ok(Trust::new(self.root_certificate()?.to_vec()))
    }

    /// The root's certificate.
    ///
    /// # Errors
    /// When its file is not there or damaged.
    pub fn root_certificate(&self) -> Result<CertificateDer<'static>, FolderError> {
        read_certificate(&self.root())
    }

    /// The certificate of the relay itself, a new one if the old one ends soon or is for other hosts.
    ///
    /// # Errors
    /// When files are not there or damaged.
    pub fn server(
        &self,
        issuing: &IssuingAuthority,
        hosts: &[String],
        now: Timestamp,
    ) -> Result<ServerIdentity, FolderError> {
        if self.ends_soon(hosts, now)? {
            self.issue_server(issuing, hosts, now)?;
        }
        self.read_server()
    }

    /// The certificate of the relay as it is now.
    ///
    /// # Errors
    /// When files are not there or damaged.
    pub(crate) fn read_server(&self) -> Result<ServerIdentity, FolderError> {
        let path = self.authority("server.pem");
        let pem = read(&path)?;
        let chain = CertificateChain::from_pem(&pem).map_err(|_| FolderError::NotPem(path))?;
        Ok(ServerIdentity { chain, key: read_key(&self.authority("server.key"))? })
    }

    fn ends_soon(&self, hosts: &[String], now: Timestamp) -> Result<bool, FolderError> {
        let path = self.authority("server.issued");
        let note = match std::fs::read_to_string(&path) {
            Ok(note) => note,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
            Err(source) => return Err(FolderError::Io { path, source }),
        };
        let mut lines = note.lines();
        let until = lines.next().and_then(|line| line.parse::<Timestamp>().ok());
        let same_hosts = lines.eq(hosts.iter().map(String::as_str));
        Ok(!same_hosts || until.is_none_or(|until| until.duration_since(now) < RENEW_BEFORE))
    }

    fn issue_server(
        &self,
        issuing: &IssuingAuthority,
        hosts: &[String],
        now: Timestamp,
    ) -> Result<(), FolderError> {
        let key = SigningKey::generate()?;
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        let chain = issuing.issue_relay(&key.server_request()?, &hosts, now)?;
        self.put_identity("server", &chain, &key)?;
        let until = now.saturating_add(tasuki_identity::authority::RELAY_VALIDITY).unwrap_or(now);
        let note = format!("{until}\n{}\n", hosts.join("\n"));
        write(&self.authority("server.issued"), note.as_bytes())
    }

    fn put_identity(
        &self,
        name: &str,
        chain: &CertificateChain,
        key: &SigningKey,
    ) -> Result<(), FolderError> {
        let pem = key.to_pem();
        write(&self.authority(&format!("{name}.key")), pem.as_bytes())?;
        write(&self.authority(&format!("{name}.pem")), chain.to_pem().as_bytes())
    }
}

fn one(certificate: &[u8]) -> CertificateChain {
    CertificateChain::new(vec![certificate.to_vec()])
}

fn read(path: &Path) -> Result<Vec<u8>, FolderError> {
    std::fs::read(path).map_err(|source| FolderError::Io { path: path.to_owned(), source })
}

fn read_certificate(path: &Path) -> Result<CertificateDer<'static>, FolderError> {
    CertificateDer::from_pem_slice(&read(path)?).map_err(|_| FolderError::NotPem(path.to_owned()))
}

fn read_key(path: &Path) -> Result<SigningKey, FolderError> {
    let pem = zeroize::Zeroizing::new(read(path)?);
    let der = PrivatePkcs8KeyDer::from_pem_slice(&pem).map_err(|_| FolderError::NotPem(path.to_owned()))?;
    Ok(SigningKey::from_pkcs8(der.secret_pkcs8_der())?)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    write_new(path, bytes).map_err(|source| FolderError::Io { path: path.to_owned(), source })
}

/// Makes a folder, and those above it, that only their owner can enter.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes a file that only its owner can read: complete and durable, or not at all.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // The library makes temporary files for the owner only.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_is_made_once_and_its_certificate_renewed_in_time() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::new(temporary.path().join("relay"));
        let config = Config::default();
        let now = Timestamp::now();
        folder.create("Tasuki", &config, now).unwrap();
        assert!(matches!(folder.create("Tasuki", &config, now), Err(FolderError::Exists(_))));
        assert_eq!(folder.read_config().unwrap(), config);

        let issuing = folder.issuing().unwrap();
        let shown = |at: Timestamp, hosts: &[String]| folder.server(&issuing, hosts, at).unwrap().chain;
        let first = shown(now, &config.hosts);
        assert_eq!(shown(now, &config.hosts), first);
        let other_host = shown(now, &["relay.example".to_owned()]);
        assert_ne!(other_host, first);
        let later = now + SignedDuration::from_hours(350 * 24);
        assert_ne!(shown(later, &["relay.example".to_owned()]), other_host, "it would end within 60 days");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_enter() {
        use std::os::unix::fs::PermissionsExt as _;
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::new(temporary.path().join("relay"));
        folder.create("Tasuki", &Config::default(), Timestamp::now()).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o077;
        assert_eq!((mode(folder.path()), mode(&folder.root_key())), (0, 0));
    }
}
