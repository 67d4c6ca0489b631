namespace Sam2.Torch.Configuration;

/// <summary>A setting of a model, a recipe or a sweep is unknown or wrong. Names the file, the setting and what to do about it.</summary>
public sealed class ConfigurationException : RemedyException
{
    /// <summary>Describes a wrong setting.</summary>
    /// <param name="file">The file, as the caller named it, or the part of a recipe that is wrong.</param>
    /// <param name="cause">What is wrong with it, a sentence without a full stop.</param>
    /// <param name="remedy">What the user can do, a sentence without a full stop, or a question; empty if there is nothing to add.</param>
    /// <param name="inner">The exception that revealed it, if any.</param>
    public ConfigurationException(string file, string cause, string remedy = "", Exception? inner = null)
        : base(file, cause, remedy, inner)
    {
    }
}
