namespace TorchSharp;

// In-place random values.
public static partial class torch
{
    /// <summary>See torch.bernoulli.</summary>
    public static Tensor bernoulli(Tensor input, Generator? generator = null) => input.bernoulli(generator);

    /// <summary>See torch.multinomial.</summary>
    public static Tensor multinomial(Tensor input, long num_samples, bool replacement = false, Generator? generator = null) => input.multinomial(num_samples, replacement, generator);

    /// <summary>See torch.poisson.</summary>
    public static Tensor poisson(Tensor input, Generator? generator = null) => input.poisson(generator);
}
