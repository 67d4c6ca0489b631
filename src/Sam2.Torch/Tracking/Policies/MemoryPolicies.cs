using System.Globalization;
using Sam2.Torch.Configuration;

namespace Sam2.Torch.Tracking.Policies;

/// <summary>
/// The memory policies that can be asked for by name: on the command line (<c>--memory samurai:motion_weight=0.25</c>), in recipes and in code. Case
/// doesn't matter. All members may be called from several threads.
/// </summary>
/// <example><code>
/// var options = new VideoSessionOptions { Memory = MemoryPolicies.Parse("slow:recent=2").For(model.Config) };
/// </code></example>
public static class MemoryPolicies
{
    private const string Place = "memory";

    private static readonly Entry[] BuiltIn =
    [
        Entry.Of("sam2", new StridedOptions(), (config, options) => new StridedMemory(config, options)),
        Entry.Of("samurai", new SamuraiOptions(), (config, options) => new SamuraiMemory(config, options)),
        Entry.Of("sam2long", new Sam2LongOptions(), (config, options) => new Sam2LongMemory(config, options)),
        Entry.Of("dam4sam", new DistractorAwareOptions(), (config, options) => new DistractorAwareMemory(config, options)),
        Entry.Of("efficient", new PooledOptions(), (config, options) => new PooledMemory(config, options)),
        Entry.Of("slow", new SlowToForgetOptions(), (config, options) => new SlowToForgetMemory(config, options)),
    ];

    private static readonly Lock RegistrationLock = new();

    /// <summary>What programs registered, replaced as a whole with every registration.</summary>
    private static volatile Entry[] _registered = [];

    /// <summary>The names: the built-in ones, SAM 2's own first, then the registered ones in the order of their registration.</summary>
    public static IReadOnlyList<string> Names => [.. BuiltIn.Concat(_registered).Select(entry => entry.Name)];

    /// <summary>Gives a memory policy a name, or replaces one that was registered by the same name.</summary>
    /// <typeparam name="TOptions">Its constants: a record, whose properties are keys in snake case.</typeparam>
    /// <param name="name">Its name: letters, digits, - and _; not a built-in policy's.</param>
    /// <param name="defaults">The constants where none are given.</param>
    /// <param name="create">
    /// Makes the memory of one object, new at each call. It should throw <see cref="ArgumentException"/> for a constant that is out of range; it is called
    /// once when a policy is asked for, to find that out.
    /// </param>
    /// <exception cref="ArgumentException">The name can't be used, or the constants aren't a record.</exception>
    public static void Register<TOptions>(string name, TOptions defaults, Func<Sam2Config, TOptions, IMemoryPolicy> create)
        where TOptions : class
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(defaults);
        ArgumentNullException.ThrowIfNull(create);
        if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            throw new ArgumentException($"'{name}' can't be the name of a memory policy: use letters, digits, - and _.", nameof(name));
        if (BuiltIn.Any(entry => entry.Is(name)))
            throw new ArgumentException($"'{name}' is a built-in memory policy; choose another name.", nameof(name));
        if (defaults.GetType().GetMethod("<Clone>$") is null)
            throw new ArgumentException($"{defaults.GetType().Name} is not a record, so given constants can't be put into a copy of it; make it a record.", nameof(defaults));
        lock (RegistrationLock) _registered = [.. _registered.Where(entry => !entry.Is(name)), Entry.Of(name, defaults, create)];
    }

    /// <summary>The constants of a policy with their default values, by their keys, such as <c>stride</c>.</summary>
    /// <exception cref="ConfigurationException">There is no such policy; the message names those that there are.</exception>
    public static PlainDictionary Constants(string name) => RecordTree.Default.Of(Require(name).Defaults);

    /// <summary>Finds the policy that a text means.</summary>
    /// <param name="text"><c>NAME</c>, or <c>NAME:key=value,key=value</c>.</param>
    /// <exception cref="ConfigurationException">The name or a key is unknown, or a value is out of range; the message says what there is.</exception>
    public static MemoryChoice Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var entry = Require(colon < 0 ? text : text[..colon]);
        var settings = new PlainDictionary();
        foreach (var setting in colon < 0 ? [] : text[(colon + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = setting.Split('=');
            if (parts.Length != 2)
                throw new ConfigurationException(Place, $"'{setting}' in '{text}' is no setting", $"Write it as in {Example(entry)}");
            settings.Set(parts[0].Trim(), Value(parts[1].Trim()));
        }

        var options = RecordTree.Default.Overlay(Place, settings, entry.Defaults, entry.Name);
        try
        {
            entry.Create(Sam2Presets.Nano, options).Dispose();
        }
        catch (ArgumentException e)
        {
            throw new ConfigurationException(Place, $"'{text}' has a constant that is out of range: {e.Message}", "", e);
        }

        return new MemoryChoice(entry.Name, text, config => _ => entry.Create(config, options));
    }

    private static Entry Require(string name) => BuiltIn.Concat(_registered).FirstOrDefault(entry => entry.Is(name)) ?? throw new ConfigurationException(
        Place, $"there is no memory policy '{name}'", $"Give one of {string.Join(", ", Names)}, or register one of your own");

    private static string Example(Entry entry)
    {
        var constants = RecordTree.Default.Of(entry.Defaults);
        return constants.Count == 0 ? entry.Name : $"{entry.Name}:{string.Join(",", constants.Select(c => $"{c.Key}={PlainYaml.Flow(c.Value)}"))}";
    }

    private static object Value(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return whole;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var fraction)) return fraction;
        return bool.TryParse(text, out var flag) ? flag : text;
    }

    private sealed record Entry(string Name, object Defaults, Func<Sam2Config, object, IMemoryPolicy> Create)
    {
        public static Entry Of<TOptions>(string name, TOptions defaults, Func<Sam2Config, TOptions, IMemoryPolicy> create)
            where TOptions : class => new(name, defaults, (config, options) => create(config, (TOptions)options));

        public bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>A memory policy that was asked for by name, with its constants.</summary>
public sealed class MemoryChoice
{
    private readonly Func<Sam2Config, Func<int, IMemoryPolicy>> _create;

    internal MemoryChoice(string name, string text, Func<Sam2Config, Func<int, IMemoryPolicy>> create) => (Name, Text, _create) = (name, text, create);

    /// <summary>The policy's name.</summary>
    public string Name { get; }

    /// <summary>What was asked for.</summary>
    public string Text { get; }

    /// <summary>Makes the memory of each new object, for <see cref="Prediction.VideoSessionOptions.Memory"/>.</summary>
    /// <param name="config">The model's architecture.</param>
    public Func<int, IMemoryPolicy> For(Sam2Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return _create(config);
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
