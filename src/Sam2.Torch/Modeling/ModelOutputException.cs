namespace Sam2.Torch.Modeling;

/// <summary>A model gives something that is no number, so there is no mask. Says whether its weights are the cause.</summary>
/// <param name="message">What is wrong and what to do about it.</param>
public sealed class ModelOutputException(string message) : Sam2Exception(message);
